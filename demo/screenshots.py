"""Pictures of a report for the docs, by Chromium: 1,400 pixels wide in English and light, 400 wide in Chinese and dark.

python demo/screenshots.py REPORT.html FOLDER
"""

import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

COLOURS = 96  # of a picture: a third of the size, and no difference to the eye
# picture: the section at its top
TOPS = {"report": "verdict", "report-funnel": "funnel", "report-map": "map", "report-strips": "strips"}


def shoot(browser: Browser, page: Path, folder: Path, width: int, locale: str, scheme: str) -> None:
    """The sections of ``TOPS`` as ``NAME-WIDTH.png``."""
    height = 1000 if width > 1000 else 860
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=locale, color_scheme=scheme, offline=True
    )
    tab = context.new_page()
    tab.goto(page.resolve().as_uri())
    tab.wait_for_selector("html[data-drawn]", state="attached", timeout=120_000)
    for name, section in TOPS.items():
        top = 0 if section == "verdict" else tab.locator(f"section#{section}").bounding_box()["y"] - 60
        tab.evaluate(f"scrollTo({{top: scrollY + {top}, behavior: 'instant'}})")
        tab.wait_for_timeout(500)
        path = folder / f"{name}-{width}.png"
        tab.screenshot(path=path)
        Image.open(path).quantize(COLOURS).save(path, optimize=True)
    context.close()


def main(page: Path, folder: Path) -> None:
    with sync_playwright() as driver:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shoot(browser, page, folder, 1400, "en-US", "light")
        shoot(browser, page, folder, 400, "zh-CN", "dark")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
