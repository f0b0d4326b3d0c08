"""The pictures of docs/explore.md: ``python demo/explore_pictures.py DATA [MODEL [MODEL2]]``.

Drives the page of ``ciliu explore`` in the Chromium that is installed here. Needs Playwright (``make install`` has it).
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs"
COLOURS = 96  # of a picture: a third of the size, and no difference to the eye
CILIU = Path(sys.executable).with_name("ciliu")


def main() -> None:
    data, *models = sys.argv[1:]
    command = [str(CILIU), "explore", *models, "--data", data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as ciliu:
        try:
            address = ciliu.stdout.readline().strip() if ciliu.stdout else ""
            with sync_playwright() as driver:
                root = ["--no-sandbox"] if os.getuid() == 0 else []
                browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=root)
                take_pictures(browser, address)
        finally:
            ciliu.send_signal(signal.SIGINT)


def take_pictures(browser: Any, address: str) -> None:
    """Five wide ones in light and English, two narrow ones in dark and Chinese."""
    wide = {"viewport": {"width": 1400, "height": 800}, "locale": "en-US", "color_scheme": "light"}
    narrow = {"viewport": {"width": 400, "height": 800}, "locale": "zh-CN", "color_scheme": "dark"}
    asks = {
        "near": "{words: ['酒店'], n: 10}",
        "analogy": "{words: ['我', '我们', '你']}",
        "compare": "{words: ['北京', '上海', '酒店', '宾馆']}",
        "cut": "{text: '房间很干净，服务员态度也不错，就是隔壁装修，吵得黎曼猜想都证不出来。'}",
        "map": "{}",
    }
    for look, tabs in ((wide, asks), (narrow, ("near", "compare"))):
        page = browser.new_context(**look).new_page()
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        for tab in tabs:
            page.evaluate(f"location.hash = hashOf('{tab}', {asks[tab]})")
            page.wait_for_selector(f"#{tab} .rows, #{tab} .strips, #{tab} .cut, #{tab} .atlas", timeout=300_000)
            page.wait_for_timeout(1_500)
            width = look["viewport"]["width"]
            path = IMAGES / f"explore-{tab}-{width}.png"
            page.screenshot(path=path, full_page=True)
            Image.open(path).quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main()
