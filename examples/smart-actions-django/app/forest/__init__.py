from app.forest.company import CompanyForest
from app.forest.customer import CustomerForest

__all__ = ['CompanyForest', 'CustomerForest']
