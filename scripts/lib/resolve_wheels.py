"""Says where pip would fetch given files, without fetching them.

Reads {"wheels": [{"package", "version", "filename"}]} from stdin and prints one JSON object:
  {"files": {filename: {"url", "headers", "proxy", "ca": [paths], "insecure"}}, "log": [lines of pip's finder]}
Index, find-links, credentials (URL, netrc, keyring), proxies and certificates come from the user's own pip configuration.
pip offers no public call for this, so its internals are used as its own commands use them; exit code 3 says that they have changed,
and the caller falls back to `pip download`. Exit code 4 says that there is no pip.
"""
import json
import logging
import sys


def make_finder(platforms, abis, interpreter):
    from pip._internal.cli.cmdoptions import make_target_python
    from pip._internal.commands import create_command

    command = create_command("download")
    arguments = ["--only-binary=:all:", "--no-deps", "--retries", "1", "--python-version", interpreter, "--implementation", "cp"]
    for abi in abis:
        arguments += ["--abi", abi]
    for platform in platforms:
        arguments += ["--platform", platform]
    options, _ = command.parse_args(arguments + ["placeholder"])
    session = command._build_session(options)
    finder = command._build_package_finder(
        options=options, session=session, target_python=make_target_python(options), ignore_requires_python=True
    )
    return session, finder


def certificate_files(verify):
    if isinstance(verify, str):
        return [verify]
    import ssl

    from pip._vendor import certifi

    paths = ssl.get_default_verify_paths()
    return [path for path in (certifi.where(), paths.cafile) if path]


def describe(session, link):
    from pip._vendor.requests import Request
    from pip._vendor.requests.utils import select_proxy

    if link.scheme == "file":
        return {"url": link.url_without_fragment, "headers": {}, "proxy": None, "ca": [], "insecure": False}
    request = session.prepare_request(Request("GET", link.url_without_fragment))
    settings = session.merge_environment_settings(request.url, {}, None, None, None)
    authorization = request.headers.get("Authorization")
    host = link.netloc.rsplit("@", 1)[-1].split(":", 1)[0]
    return {
        "url": request.url,
        "headers": {"Authorization": authorization} if authorization else {},
        "proxy": select_proxy(request.url, settings["proxies"]),
        "ca": certificate_files(settings["verify"]),
        "insecure": settings["verify"] is False or any(host == trusted for trusted, _ in session.pip_trusted_origins),
    }


def main():
    try:
        import pip  # noqa: F401
    except ImportError:
        sys.exit(4)
    wheels = json.load(sys.stdin)["wheels"]
    log = []

    class Keep(logging.Handler):
        def emit(self, record):
            log.append(record.getMessage())

    try:
        tags = [wheel["filename"][: -len(".whl")].split("-")[-2:] for wheel in wheels]
        abis = sorted({abi for abi, _ in tags} | {"none", "cp311"})
        platforms = sorted({platform for _, group in tags for platform in group.split(".")} | {"any"})
        session, finder = make_finder(platforms, abis, "3.11")
        for name in ("pip._internal.index", "pip._internal.network", "pip._vendor.urllib3"):
            logger = logging.getLogger(name)
            logger.setLevel(logging.DEBUG)
            logger.addHandler(Keep())
            logger.propagate = False
        files = {}
        for wheel in wheels:
            for candidate in finder.find_all_candidates(wheel["package"]):
                if candidate.link.filename == wheel["filename"]:
                    files[wheel["filename"]] = describe(session, candidate.link)
                    break
    except (ImportError, AttributeError, TypeError) as changed:
        print(f"pip's finder cannot be used: {changed!r}", file=sys.stderr)
        sys.exit(3)
    json.dump({"files": files, "log": log[-200:]}, sys.stdout)


main()
