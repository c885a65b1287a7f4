#!/usr/bin/env python3
"""Makes the viewer's static page from crates/view/page and the npm package: scripts/build_site.py [FOLDER]

Any static host can serve the folder (default: bindings/web/site-dist). Run scripts/build_web.sh first.
"""

import hashlib
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE, WEB = ROOT / "crates/view/page", ROOT / "bindings/web"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src blob:; base-uri 'none'; form-action 'none'"
)
HEAD = f"""<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<link rel="manifest" href="manifest.webmanifest">
<link rel="stylesheet" href="site.css">
"""


def once(text, old, new):
    """Replaces what must be there exactly once: the page has changed if it is not."""
    assert text.count(old) == 1, f"{old!r} is in the page {text.count(old)} times"
    return text.replace(old, new)


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else WEB / "site-dist"
    if not (WEB / "dist/rlx_fft.wasm").is_file():
        sys.exit("bindings/web/dist is not there: run scripts/build_web.sh first")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    shutil.copytree(PAGE, out, dirs_exist_ok=True, ignore=shutil.ignore_patterns("report"))
    for name in ("source.js", "microphone.js", "site.css", "icon.svg", "manifest.webmanifest"):
        shutil.copy(WEB / "site" / name, out / name)
    package = out / "rlx-fft"
    package.mkdir()
    for path in (WEB / "dist").iterdir():
        if path.suffix in (".js", ".wasm"):
            shutil.copy(path, package / path.name)
    for licence in ("LICENSE-MIT", "LICENSE-APACHE"):
        shutil.copy(ROOT / licence, out / licence)

    page = (PAGE / "index.html").read_text()
    page = once(page, '<link rel="icon" href="data:,">\n', '<link rel="icon" href="icon.svg">\n')
    page = once(page, '<link rel="stylesheet" href="style.css">\n', '<link rel="stylesheet" href="style.css">\n' + HEAD)
    page = once(page, "<body>\n", '<body data-state="empty">\n')
    page = once(page, "<main>\n", (WEB / "site/drop.html").read_text() + "<main>\n")
    buttons = '<button id="open-button" type="button">Open</button>\n  <button id="microphone" type="button">Microphone</button>\n  '
    page = once(page, '<button id="files-button"', buttons + '<button id="files-button"')
    (out / "index.html").write_text(page)

    files = sorted(path for path in out.rglob("*") if path.is_file())
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    names = ["./"] + [f"./{path.relative_to(out).as_posix()}" for path in files if path.suffix not in ("", ".LICENSE")]
    worker = (WEB / "site/offline.js").read_text()
    worker = once(worker, "@VERSION@", f"rlx-fft-{digest}")
    worker = once(worker, "'@FILES@'", ", ".join(f"'{name}'" for name in names))
    (out / "offline.js").write_text(worker)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(f"{out}: {len(files) + 1} files, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
