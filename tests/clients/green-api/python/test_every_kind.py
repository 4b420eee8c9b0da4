"""The vendor's own clients hear of everything that happens to an account, each body to the letter."""

import asyncio

from expected import Listener
from halves import Patient, Sync
from served import LIMIT_S, ServedCase
from story import SETTINGS, Story
from webhook_server import WebhookServer


class EveryKind(ServedCase):
    maxDiff = None

    def story(self, settings):
        """Begins one, of an instance with these settings too."""
        created = self.partner().partner.createInstance({**SETTINGS, **settings}).data
        self.api = self.account(created)
        story = Story(self.simulator, self.api, self.gateway.host)
        self.listener = Listener(self, story.told())

    def hears(self, kind, body):
        """Whether there is more to hear."""
        self.assertEqual(kind, body["typeWebhook"])
        return self.listener.hears(body)

    def hear(self, kind, body):
        if not self.hears(kind, body):
            self.api.webhooks.stopReceivingNotifications()

    def nothing_is_left(self):
        queues = Patient(Sync, self.api.queues)
        while queues.ask("getWebhooksCount") != {"count": 0}:
            # What was answered last is about to be settled.
            pass

    def test_the_loop_that_waits_hears_every_kind(self):
        self.story({})
        self.api.webhooks.startReceivingNotifications(self.hear)
        self.nothing_is_left()

    def test_the_other_loop_hears_every_kind(self):
        self.story({})
        asyncio.run(self.api.webhooks.startReceivingNotificationsAsync(self.hear))
        self.nothing_is_left()

    def test_the_receiver_of_what_is_pushed_hears_every_kind(self):
        server = WebhookServer()
        self.story({"webhookUrl": server.url, "webhookUrlToken": "abc"})
        while self.hears(*server.hears(LIMIT_S)):
            pass
        self.nothing_is_left()
        self.assertTrue(server.is_silent(), "nothing comes twice")
