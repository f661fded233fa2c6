"""Addresses of the dictionary."""

from __future__ import annotations

from django.urls import path

from kangqiao.web.dictionary import downloads, views

urlpatterns = [
    path("", views.contents, name="dictionary"),
    path("data-dictionary.xlsx", downloads.workbook, name="dictionary-workbook"),
    path("package.zip", downloads.package, name="dictionary-package"),
    path("datasets/<str:dataset>/", views.dataset, name="dictionary-dataset"),
    path("datasets/<str:dataset>/template.csv", downloads.template, name="dictionary-template"),
    path("datasets/<str:dataset>/template.en.csv", downloads.template_en, name="dictionary-template-en"),
    path("datasets/<str:dataset>/example.csv", downloads.example, name="dictionary-example"),
    path("datasets/<str:dataset>/schema.json", downloads.schema, name="dictionary-schema"),
    path("datasets/<str:dataset>/rules/<str:rule>/", views.rule, name="dictionary-rule"),
    path("value-sets/", views.value_sets, name="dictionary-value-sets"),
    path("value-sets/<str:value_set>/", views.value_set, name="dictionary-value-set"),
    path("value-sets/<str:value_set>/codes.csv", downloads.codes, name="dictionary-codes"),
]
