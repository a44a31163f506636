import json

from django_forest.utils.collection import Collection

from app.addresses import ADDRESSES
from app.models import Customer


def field_of(fields, name):
    return next(field for field in fields if field['field'] == name)


class CustomerForest(Collection):
    def load(self):
        self.actions = [
            {
                'name': 'Charge credit card',
                'type': 'single',
                'fields': [
                    {
                        'field': 'amount',
                        'isRequired': True,
                        'description': 'The amount (USD) to charge the credit card. Example: 42.50',
                        'type': 'Number',
                    },
                    {
                        'field': 'description',
                        'isRequired': True,
                        'description': 'Explain the reason why you want to charge manually the customer here',
                        'type': 'String',
                    },
                ],
            },
            {'name': 'Generate invoice', 'type': 'single', 'download': True},
            {'name': 'Impersonate', 'type': 'single'},
            {
                'name': 'Send invoice',
                'type': 'single',
                'fields': [
                    {'field': 'country', 'type': 'Enum', 'enums': [], 'isReadOnly': True, 'value': None},
                    {
                        'field': 'city',
                        'type': 'Enum',
                        'enums': [],
                        'isRequired': True,
                        'hook': 'on_city_change',
                        'value': None,
                    },
                    {'field': 'zip code', 'type': 'Enum', 'enums': [], 'hook': 'on_zip_code_change', 'value': None},
                ],
                'hooks': {
                    'load': self.send_invoice_load,
                    'change': {
                        'on_city_change': self.send_invoice_city,
                        'on_zip_code_change': self.send_invoice_zip_code,
                    },
                },
            },
        ]

    def customer_of(self, request):
        """The selected record, which load and change hooks have to read themselves."""
        return Customer.objects.get(pk=json.loads(request.body)['recordIds'][0])

    def send_invoice_load(self, fields, request, *args, **kwargs):
        """The form as it opens: the customer's country, and its cities."""
        customer = self.customer_of(request)
        country = field_of(fields, 'country')
        country['enums'] = list(ADDRESSES)
        country['value'] = customer.country
        field_of(fields, 'city')['enums'] = list(ADDRESSES[customer.country])
        return fields

    def send_invoice_city(self, fields, request, changed_field, *args, **kwargs):
        """Another city has other zip codes; the only one of a small city is chosen at once."""
        customer = self.customer_of(request)
        city = field_of(fields, 'city')
        zip_code = field_of(fields, 'zip code')
        zip_code['enums'] = ADDRESSES[customer.country].get(city['value'], [])
        zip_code['value'] = zip_code['enums'][0] if len(zip_code['enums']) == 1 else None
        return fields

    def send_invoice_zip_code(self, fields, request, changed_field, *args, **kwargs):
        """A field that is only asked for where it is needed."""
        others = [field for field in fields if field['field'] != 'delivery note']
        zip_code = field_of(fields, 'zip code')['value']
        if zip_code is None:
            return others
        note = {'field': 'delivery note', 'type': 'String', 'description': f'For the carrier in {zip_code}', 'value': None}
        return [*others, note]


Collection.register(CustomerForest, Customer)
