from django.db import models


class Company(models.Model):
    STATUSES = [(status, status) for status in ('signed_up', 'pending', 'live', 'rejected')]

    name = models.CharField(max_length=255)
    status = models.CharField(max_length=20, choices=STATUSES, default='signed_up')
    country = models.CharField(max_length=2)
    note = models.CharField(max_length=255, null=True)

    class Meta:
        db_table = 'companies'


class Customer(models.Model):
    firstname = models.CharField(max_length=255)
    lastname = models.CharField(max_length=255)
    email = models.CharField(max_length=255)
    country = models.CharField(max_length=2)
    card_brand = models.CharField(max_length=20)
    card_last4 = models.CharField(max_length=4)
    card_expires = models.CharField(max_length=7)
    card_blocked = models.BooleanField(default=False)
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name='customers')

    class Meta:
        db_table = 'customers'


class Transaction(models.Model):
    STATUSES = [(status, status) for status in ('to_validate', 'validated', 'rejected')]

    emitter_company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name='emitted_transactions')
    beneficiary_company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name='received_transactions')
    amount = models.IntegerField()
    status = models.CharField(max_length=20, choices=STATUSES, default='to_validate')
    note = models.CharField(max_length=255, null=True)

    class Meta:
        db_table = 'transactions'
