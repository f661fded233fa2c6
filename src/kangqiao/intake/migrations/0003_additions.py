import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


def mark_documents(apps, schema_editor):
    """Rows of documents have always added to their day."""
    apps.get_model("intake", "Submission").objects.exclude(document_key="").update(is_addition=True)


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0002_documents'),
        ('registry', '0002_listing_and_declarations'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReplacedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.BigIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='submission',
            name='every_row_accounted_for',
        ),
        migrations.RemoveConstraint(
            model_name='submission',
            name='one_current_submission_a_day',
        ),
        migrations.AddField(
            model_name='batch',
            name='takes',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='submission',
            name='amends',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amended_by', to='intake.submission'),
        ),
        migrations.AddField(
            model_name='submission',
            name='is_addition',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='submission',
            name='replaced',
            field=models.BigIntegerField(default=0),
        ),
        migrations.RunPython(mark_documents, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.UniqueConstraint(condition=models.Q(('is_addition', False), ('is_current', True)), fields=('institution', 'channel', 'dataset', 'day'), name='one_current_submission_a_day'),
        ),
        migrations.AddConstraint(
            model_name='submission',
            constraint=models.CheckConstraint(condition=models.Q(('received', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('stored'), '+', models.F('duplicate')), '+', models.F('rejected')), '+', models.F('replaced')))), name='every_row_accounted_for'),
        ),
        migrations.AddField(
            model_name='replacedrow',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replaced_rows', to='intake.batch'),
        ),
        migrations.AddField(
            model_name='replacedrow',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replaced_rows', to='intake.submission'),
        ),
        migrations.AddConstraint(
            model_name='replacedrow',
            constraint=models.UniqueConstraint(fields=('submission', 'line'), name='a_row_is_replaced_once'),
        ),
    ]
