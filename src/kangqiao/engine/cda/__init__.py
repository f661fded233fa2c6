"""Shared documents (WS/T 500-2016, 电子病历共享文档规范): from XML to dataset rows and back.

``parsing`` takes bytes apart safely, ``recognition`` names the type, ``outline`` indexes sections and entries,
``checking`` judges header, sections and entries, ``mapping`` finds the values of a dataset's fields, ``writing``
makes a document of rows, ``archive`` opens zips of documents. What a document type is, and where a field stands in
it, is data: ``standards/data/cda``, read by ``definitions``. ``documents`` puts all of it together.
"""
