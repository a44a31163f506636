from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from app import views

app_name = 'app'
urlpatterns = [
    path('/actions/mark-as-live', csrf_exempt(views.MarkAsLiveView.as_view())),
    path('/actions/reject-application', csrf_exempt(views.RejectApplicationView.as_view())),
    path('/actions/add-new-transaction', csrf_exempt(views.AddNewTransactionView.as_view())),
    path('/actions/return-and-track', csrf_exempt(views.ReturnAndTrackView.as_view())),
    path('/actions/show-some-activity', csrf_exempt(views.ShowSomeActivityView.as_view())),
    # An endpoint that the declaration names
    path('/companies/import', csrf_exempt(views.ImportCompaniesView.as_view())),
    path('/actions/charge-credit-card', csrf_exempt(views.ChargeCreditCardView.as_view())),
    path('/actions/generate-invoice', csrf_exempt(views.GenerateInvoiceView.as_view())),
    path('/actions/impersonate', csrf_exempt(views.ImpersonateView.as_view())),
    path('/actions/send-invoice', csrf_exempt(views.SendInvoiceView.as_view())),
]
