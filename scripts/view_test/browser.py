"""A small WebDriver client: chromedriver speaks JSON over HTTP, so the standard library is enough."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    """A headless Chromium; `with` ends it."""

    def __init__(self, downloads, width=1280, height=860):
        self.port = free_port()
        driver = shutil.which("chromedriver") or "/usr/bin/chromedriver"
        self.driver = subprocess.Popen([driver, f"--port={self.port}", "--log-level=SEVERE"], stdout=subprocess.DEVNULL)
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--window-size={width},{height}", "--force-device-scale-factor=1", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update"],
            "prefs": {"download.default_directory": str(downloads)},
        }
        binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if binary:
            options["binary"] = binary
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = None
        for _ in range(100):
            try:
                answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
                self.session = f"/session/{answer['sessionId']}"
                break
            except (ConnectionError, urllib.error.URLError):
                time.sleep(0.1)
        if self.session is None:
            self.close()
            raise RuntimeError("chromedriver does not answer")
        self.cdp("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            if self.session:
                self._call("DELETE", self.session)
        except (OSError, RuntimeError):
            pass
        self.driver.terminate()
        self.driver.wait(20)

    def _call(self, method, path, body=None):
        data = None if method in ("GET", "DELETE") else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()[:600]}") from None

    def go(self, address):
        self._call("POST", f"{self.session}/url", {"url": address})

    def run(self, script, *arguments):
        """Runs a function body in the page; `arguments` are its arguments."""
        return self._call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, script, what, seconds=30):
        """Waits until a function body gives a true value, and returns it."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds} s for {what}")

    def cdp(self, command, parameters):
        return self._call("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def resize(self, width, height, mobile=False):
        self.cdp("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self._call("GET", f"{self.session}/screenshot")))

    def console(self):
        """What the page has said on its console since the last call."""
        return self._call("POST", f"{self.session}/se/log", {"type": "browser"})

    def actions(self, *sources):
        self._call("POST", f"{self.session}/actions", {"actions": list(sources)})

    def drag(self, start, end):
        move = lambda at, ms: {"type": "pointerMove", "duration": ms, "x": round(at[0]), "y": round(at[1])}
        steps = [move(start, 0), {"type": "pointerDown", "button": 0}, move(end, 120), {"type": "pointerUp", "button": 0}]
        self.actions({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps})

    def choose(self, selector, paths):
        """Gives files to a file chooser, as a person would."""
        found = self._call("POST", f"{self.session}/element", {"using": "css selector", "value": selector})
        [element] = found.values()
        self._call("POST", f"{self.session}/element/{element}/value", {"text": "\n".join(map(str, paths))})

    def wheel(self, at, amount):
        step = {"type": "scroll", "x": round(at[0]), "y": round(at[1]), "deltaX": 0, "deltaY": amount, "duration": 0,
                "origin": "viewport"}
        self.actions({"type": "wheel", "id": "wheel", "actions": [step]})

    def keys(self, *keys):
        steps = [step for key in keys for step in ({"type": "keyDown", "value": key}, {"type": "keyUp", "value": key})]
        self.actions({"type": "key", "id": "keys", "actions": steps})
