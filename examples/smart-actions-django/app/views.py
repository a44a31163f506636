from base64 import b64decode
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.html import escape
from django_forest.utils import get_token
from django_forest.utils.views.action import ActionView

from app.models import Company, Customer, Transaction

CARD_LIMIT = 1000


class SmartActionView(ActionView):
    def values(self, request):
        return self.get_body(request.body)['data']['attributes']['values']

    def ids(self, request):
        return self.get_ids_from_request(request, self.Model)

    def customer(self, request):
        return Customer.objects.get(pk=self.ids(request)[0])


class MarkAsLiveView(SmartActionView):
    def post(self, request, *args, **kwargs):
        Company.objects.filter(pk__in=self.ids(request)).update(status='live')
        return HttpResponse(status=204)


class RejectApplicationView(SmartActionView):
    def post(self, request, *args, **kwargs):
        ids = self.ids(request)
        note = f"{get_token(request)['email']}: {self.values(request)['reason']}"
        Company.objects.filter(pk__in=ids).update(status='rejected', note=note)
        one = 'The application is rejected.'
        return JsonResponse({'success': one if len(ids) == 1 else f'{len(ids)} applications are rejected.'})


class AddNewTransactionView(SmartActionView):
    def post(self, request, *args, **kwargs):
        values = self.values(request)
        Transaction.objects.create(
            emitter_company_id=self.ids(request)[0],
            beneficiary_company_id=values['Beneficiary company'],
            amount=values['Amount'],
            note=f"by {get_token(request)['email']}",
        )
        # The related data on the company's page is read again, so that it shows the new transaction.
        return JsonResponse({
            'success': 'New transaction emitted',
            'refresh': {'relationships': ['emitted_transactions']},
        })


class ReturnAndTrackView(SmartActionView):
    def post(self, request, *args, **kwargs):
        return JsonResponse({
            'success': 'Return initiated successfully.',
            'redirectTo': 'https://www.royalmail.com/portal/rm/track?trackNumber=ZW924750388GB',
        })


class ShowSomeActivityView(SmartActionView):
    def post(self, request, *args, **kwargs):
        return JsonResponse({
            'success': 'Navigated to the activity view.',
            'redirectTo': '/MyProject/MyEnvironment/MyTeam/data/20/index/record/20/108/activity',
        })


class ImportCompaniesView(SmartActionView):
    def post(self, request, *args, **kwargs):
        values = self.values(request)
        head, content = values['file'].split(',')
        name = next((unquote(part[5:]) for part in head.split(';') if part.startswith('name=')), 'a file')
        lines = [line for line in b64decode(content).decode().split('\n') if line]
        note = ', '.join(filter(None, [values.get('signed up on'), *(values.get('labels') or [])]))
        for line in lines:
            company, country = line.split(';')
            status = 'live' if values.get('live') else 'signed_up'
            Company.objects.create(name=company, country=country, note=note, status=status)
        return JsonResponse({'success': f'{len(lines)} companies of {name} are imported.'})


def panel(sentence, entries):
    rows = [
        f'<strong class="c-form__label--read c-clr-1-2">{label}</strong>\n<p class="c-clr-1-4 l-mb">{escape(value)}</p>'
        for label, value in entries.items()
    ]
    return '\n'.join([f'<p class="c-clr-1-4 l-mt l-mb">{sentence}</p>', *rows])


class ChargeCreditCardView(SmartActionView):
    def post(self, request, *args, **kwargs):
        values = self.values(request)
        customer = self.customer(request)
        card = f'**** **** **** {customer.card_last4}'
        if values['amount'] > CARD_LIMIT:
            return JsonResponse({'error': f"The card's limit is ${CARD_LIMIT}."}, status=400)
        if customer.card_blocked:
            html = panel(f"${values['amount']:.2f} USD has not been charged.", {
                'Credit card': card,
                'Reason': 'You can not charge this credit card. The card is marked as blocked',
            })
            return JsonResponse({'error': 'The credit card was not charged.', 'html': html}, status=400)
        return JsonResponse({
            'html': panel(f"${values['amount']:.2f} USD has been successfully charged.", {
                'Credit card': card,
                'Expire': customer.card_expires,
                'Card type': customer.card_brand,
                'Country': customer.country,
                'Description': values['description'],
            }),
        })


class GenerateInvoiceView(SmartActionView):
    def post(self, request, *args, **kwargs):
        with open(settings.BASE_DIR / 'public' / 'invoice-2342.pdf', 'rb') as file:
            return HttpResponse(
                file.read(),
                content_type='application/pdf',
                headers={
                    'Content-Disposition': 'attachment; filename="invoice-2342.pdf"',
                    # Without it the browser may not read the name.
                    'Access-Control-Expose-Headers': 'Content-Disposition',
                },
            )


class ImpersonateView(SmartActionView):
    def post(self, request, *args, **kwargs):
        return JsonResponse({
            'webhook': {
                'url': 'https://app.example.com/impersonate',
                'method': 'POST',
                'headers': {'x-requested-with': 'smart-actions'},
                'body': {'customer': self.customer(request).email, 'by': get_token(request)['email']},
            },
        })


class SendInvoiceView(SmartActionView):
    def post(self, request, *args, **kwargs):
        values = self.values(request)
        note = f" ({values['delivery note']})" if values.get('delivery note') else ''
        name = self.customer(request).firstname
        return JsonResponse({
            'success': f"The invoice is on its way to {name}, {values['zip code']} {values['city']}{note}.",
        })
