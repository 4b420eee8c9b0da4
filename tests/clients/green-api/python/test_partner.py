"""The SDK's partner methods, which make and remove instances."""

from halves import Async, Patient, Sync
from served import ServedCase

UNAUTHORIZED = {"code": 401, "description": "Unauthorized"}


class Partner:
    def test_an_instance_is_created_with_settings_listed_and_deleted(self):
        partner = Patient(self.half, self.partner().partner)
        created = partner.ask("createInstance", {"name": "shop", "incomingWebhook": "yes"})
        self.assertEqual(created["typeInstance"], "whatsapp")
        account = Patient(self.half, self.account(created).account)
        # At once: a program that creates an instance goes on with it.
        self.assertEqual(account.ask("getStateInstance"), {"stateInstance": "notAuthorized"})
        self.assertEqual(account.ask("getSettings")["incomingWebhook"], "yes")

        [listed] = partner.ask("getInstances")
        self.assertEqual(listed, {**listed, **created, "name": "shop", "deleted": False})
        number = created["idInstance"]
        deleted = partner.ask("deleteInstanceAccount", number)
        self.assertEqual(deleted, {"deleteInstanceAccount": True})
        [listed] = partner.ask("getInstances")
        self.assertEqual(listed, {**listed, "idInstance": number, "deleted": True})

    def test_a_stranger_is_told_so_in_words(self):
        stranger = Patient(self.half, self.partner(token="gac.0123456789abcdef").partner)
        self.assertEqual(stranger.ask("createInstance", {}), UNAUTHORIZED)
        self.assertEqual(stranger.ask("getInstances"), UNAUTHORIZED)
        self.assertEqual(stranger.ask("deleteInstanceAccount", 1105600123), UNAUTHORIZED)


class SyncPartner(Partner, ServedCase):
    half = Sync


class AsyncPartner(Partner, ServedCase):
    half = Async
