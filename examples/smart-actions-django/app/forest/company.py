from django_forest.utils.collection import Collection

from app.models import Company


class CompanyForest(Collection):
    def load(self):
        self.actions = [
            {'name': 'Mark as Live'},
            {
                'name': 'Reject application',
                'fields': [
                    {
                        'field': 'reason',
                        'type': 'String',
                        'isRequired': True,
                        'description': 'What the company will read',
                    },
                ],
            },
            {
                'name': 'Add new transaction',
                'type': 'single',
                'fields': [
                    {
                        'field': 'Beneficiary company',
                        'description': 'Name of the company who will receive the transaction.',
                        'reference': 'companies.id',
                    },
                    {'field': 'Amount', 'type': 'Number'},
                ],
            },
            {'name': 'Return and track', 'type': 'single'},
            {'name': 'Show some activity', 'type': 'single'},
            {
                'name': 'Import companies',
                'type': 'global',
                'endpoint': '/forest/companies/import',
                'fields': [
                    {
                        'field': 'file',
                        'type': 'File',
                        'isRequired': True,
                        'description': 'One company per line: name;country',
                    },
                    {'field': 'labels', 'type': ['String']},
                    {'field': 'signed up on', 'type': 'Dateonly'},
                    {'field': 'live', 'type': 'Boolean', 'defaultValue': False},
                ],
            },
        ]


Collection.register(CompanyForest, Company)
