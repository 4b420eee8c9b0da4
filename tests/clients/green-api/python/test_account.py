"""The vendor's SDK against a gateway that took the vendor's place: only the hosts differ."""

import asyncio
import tempfile
import time

from halves import SDK_LOG, Async, Patient, Sync
from pictures import JPEG, read_code
from running import LIMIT_S
from served import ServedCase
from simulator import NUMBER, fetch

WID = f"{NUMBER}@c.us"


class Walk:
    """An account's whole life."""

    def test_an_account_is_linked_looked_at_set_restarted_and_logged_out(self):
        self.live(self.gateway.host)

    def test_the_same_with_a_trailing_slash_in_the_host(self):
        self.live(f"{self.gateway.host}/")

    def live(self, host):
        partner = Patient(self.half, self.partner(host).partner)
        created = partner.ask("createInstance", {"name": "shop"})
        self.api = self.account(created, host)
        self.patient = Patient(self.half, self.api.account)
        self.link()
        self.set()
        self.look()
        self.show_a_picture()
        self.change_the_token(host)
        self.restart()
        self.leave()
        self.link_by_code()
        self.leave()
        self.assertEqual(self.simulator.violations(), [])

    def reaches(self, wanted):
        deadline = time.monotonic() + LIMIT_S
        while self.patient.ask("getStateInstance") != {"stateInstance": wanted}:
            self.assertLess(time.monotonic(), deadline, f"never {wanted}")

    def link(self):
        code = self.patient.ask("qr")
        self.assertEqual(code["type"], "qrCode", code)
        linked = self.simulator.scan(read_code(code["message"]))
        self.assertEqual(linked["number"], NUMBER)
        self.reaches("authorized")
        message = "instance account already authorized"
        self.assertEqual(self.patient.ask("qr"), {"type": "alreadyLogged", "message": message})

    def link_by_code(self):
        given = self.patient.ask("getAuthorizationCode", int(NUMBER))
        self.assertIs(given["status"], True)
        linked = self.simulator.enter_code(given["code"])
        self.assertEqual(linked["number"], NUMBER)
        self.reaches("authorized")

    def set(self):
        before = self.patient.ask("getSettings")
        self.assertEqual(before["wid"], WID)
        changes = {"incomingWebhook": "yes", "delaySendMessagesMilliseconds": 1000}
        self.assertEqual(self.patient.ask("setSettings", changes), {"saveSettings": True})
        self.assertNotEqual(before, {**before, **changes})
        self.assertEqual(self.patient.ask("getSettings"), {**before, **changes})

    def look(self):
        seen = self.patient.ask("getWaSettings")
        self.assertEqual(seen["phone"], NUMBER)
        self.assertEqual(seen["stateInstance"], "authorized")
        self.assertEqual(seen["deviceId"], f"{NUMBER}:1@s.whatsapp.net")
        history = self.patient.ask("getStateInstanceHistory")
        states = [(entry["stateInstance"], entry["phoneNumber"]) for entry in history]
        self.assertEqual(states, [("authorized", WID), ("notAuthorized", "")])
        self.assertEqual(self.patient.ask("getStateInstanceHistory", 1), history[:1])

    def show_a_picture(self):
        with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
            file.write(JPEG)
            file.flush()
            shown = self.patient.ask("setProfilePicture", file.name)
        self.assertTrue(shown["setProfilePicture"], shown)
        self.assertIsNone(shown["reason"])
        self.assertEqual(self.patient.ask("getWaSettings")["avatar"], shown["urlAvatar"])
        self.assertEqual(fetch(shown["urlAvatar"])[:2], b"\xff\xd8")

    def change_the_token(self, host):
        changed = self.patient.ask("updateApiToken")
        with self.assertLogs(SDK_LOG):
            self.assert_refused(401, self.patient.call("getSettings"))
        self.api = self.account({"idInstance": self.api.idInstance, **changed}, host)
        self.patient = Patient(self.half, self.api.account)

    def restart(self):
        logins = self.simulator.logins()
        self.assertEqual(self.patient.ask("reboot"), {"isReboot": True})
        self.simulator.sees_a_login_after(logins)
        self.reaches("authorized")

    def leave(self):
        self.assertEqual(len(self.simulator.devices()), 1)
        self.assertEqual(self.patient.ask("logout"), {"isLogout": True})
        self.reaches("notAuthorized")
        self.assertEqual(self.simulator.devices(), [])


class SyncAccount(Walk, ServedCase):
    half = Sync

    def look(self):
        super().look()
        # The other half does not have these two.
        self.assertEqual(self.patient.ask("getStatusInstance"), {"statusInstance": "online"})
        device = Sync.call(self.api.device, "getDeviceInfo")
        self.assertEqual(device.code, 200, device.error)
        self.assertIsInstance(device.data["battery"], int)

    def test_who_asks_too_soon_is_served_since_the_sdk_repeats_it(self):
        account = self.account(self.partner().partner.createInstance({}).data).account
        first, second = account.getSettings(), account.getSettings()
        self.assertEqual((first.code, second.code), (200, 200))
        self.assertEqual(first.data, second.data)


class AsyncAccount(Walk, ServedCase):
    half = Async

    def test_who_asks_twice_at_once_is_told_so(self):
        account = self.account(self.partner().partner.createInstance({}).data).account
        with self.assertLogs(SDK_LOG):
            served, refused = asyncio.run(self.ask_twice_at_once(account))
        self.assertEqual(served.code, 200, served.error)
        self.assert_refused(429, refused)
        self.assertIn("Too Many Requests", refused.error)

    async def ask_twice_at_once(self, account):
        both = await asyncio.gather(account.getSettingsAsync(), account.getSettingsAsync())
        return sorted(both, key=lambda response: response.code)
