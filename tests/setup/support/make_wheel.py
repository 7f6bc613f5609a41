"""Writes a zip archive with Python's own zipfile, so that the project's reader faces another implementation.

stdin: {"file": path, "entries": [{"name", "base64" | "repeat": [text, times], "stored": bool, "mode": int}], "force64": bool, "many": n}
"""
import base64
import json
import sys
import zipfile

order = json.load(sys.stdin)
with zipfile.ZipFile(order["file"], "w", zipfile.ZIP_DEFLATED) as archive:
    for entry in order["entries"]:
        if "repeat" in entry:
            text, times = entry["repeat"]
            content = text.encode() * times
        else:
            content = base64.b64decode(entry["base64"])
        info = zipfile.ZipInfo(entry["name"], (2026, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_STORED if entry.get("stored") else zipfile.ZIP_DEFLATED
        info.external_attr = entry.get("mode", 0o100644) << 16
        with archive.open(info, "w", force_zip64=order.get("force64", False)) as out:
            out.write(content)
    for index in range(order.get("many", 0)):
        archive.writestr(f"many/{index}", "")
