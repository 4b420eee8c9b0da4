"""`waygate serve` as a process of its own, on a data directory of its own, with a partner's token."""

import re
import tempfile

from running import Running, run


class Gateway:
    """One that takes the simulator for WhatsApp and may push to this machine; apart from that nothing is
    set but where it listens and that it is quiet."""

    def __init__(self, simulator):
        self._folder = tempfile.TemporaryDirectory(prefix="waygate-green-api-")
        settings = {
            "WAYGATE_DATA_DIR": self._folder.name,
            "WAYGATE_LISTEN": "127.0.0.1:0",
            "WAYGATE_OUTBOUND__ALLOW": "127.0.0.0/8",
            "WAYGATE_WHATSAPP__URL": simulator.chat,
            "WAYGATE_WHATSAPP__VERSION_URL": simulator.version_page,
        }
        self.partner_token = run(["token", "create", "--kind", "partner"], settings)
        self._settings = settings
        self._serve()

    def _serve(self):
        self._process = Running(["serve"], self._settings)
        said = self._process.says("running ")
        self.host = re.search(r"listening on (http://\S+)", said)[1]

    def restart_after_power_cut(self):
        """Another process on the same directory, at another address."""
        self._process.kill()
        self._serve()

    def stop(self):
        self._process.kill()
        self._folder.cleanup()
