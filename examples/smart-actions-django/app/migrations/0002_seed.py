from django.db import migrations

COMPANIES = [
    ('Soylent Foods', 'signed_up', 'FR'),
    ('Initech', 'pending', 'US'),
    ('Tyrell', 'live', 'US'),
    ('Hooli', 'signed_up', 'US'),
    ('Bluth & fils', 'pending', 'FR'),
]

CUSTOMERS = [
    ('Angelica', 'Bengtsson', 'FR', 1, 'Visa', '4242', False),
    ('Milton', 'Waddams', 'US', 2, 'Amex', '0005', False),
    ('Gob', 'Bluth', 'US', 5, 'Visa', '0341', True),
]


def fill(apps, schema_editor):
    company = apps.get_model('app', 'Company')
    customer = apps.get_model('app', 'Customer')
    transaction = apps.get_model('app', 'Transaction')
    for name, status, country in COMPANIES:
        company.objects.create(name=name, status=status, country=country)
    for firstname, lastname, country, company_id, brand, last4, blocked in CUSTOMERS:
        customer.objects.create(
            firstname=firstname, lastname=lastname, email=f'{firstname}.{lastname}@example.com'.lower(),
            country=country, company_id=company_id,
            card_brand=brand, card_last4=last4, card_expires='8/2030', card_blocked=blocked,
        )
    transaction.objects.create(emitter_company_id=1, beneficiary_company_id=2, amount=1200, status='validated')
    transaction.objects.create(emitter_company_id=3, beneficiary_company_id=1, amount=450)


class Migration(migrations.Migration):
    dependencies = [('app', '0001_initial')]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
