"""Files that fsspec reaches (``s3://``, ``sftp://``, ``https://`` …): their URLs, the secrets in them, what goes wrong.

A secret (a password, the query string of a web address) stays in the memory of this process and of the workers that
need it: whatever is kept or shown has the URL without it.
"""

import functools
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from pipeline import database_urls

Result = TypeVar("Result")

HIDDEN = database_urls.HIDDEN
INSTALL = 'pip install "ciliu[remote]"'
WAIT = 60  # seconds for an answer

_PARTS = re.compile(r"([A-Za-z][\w+.-]*)://([^/]*)(.*)", re.DOTALL)
_WEB = re.compile(r"(https?)://([^/?#]*)(.*)", re.DOTALL)
_PORT = re.compile(r"[^:]*(:\d+)?|\[[^\]]*\](:\d+)?")
_CHAIN = re.compile(r"::[a-z0-9]+://")
BUCKETS = ("s3", "s3a", "gs", "gcs")  # object stores, where no user stands before the bucket

_whole: dict[str, str] = {}  # URLs with their secrets, by the URL without


def is_remote(source: str | Path) -> bool:
    """Whether a source is a URL, and of no database."""
    return isinstance(source, str) and bool(_PARTS.match(source)) and not database_urls.is_database(source)


def take(url: str) -> str:
    """The ``url`` without its secrets, which ``whole`` gives from now on; another source as it is.

    Raises ``ValueError`` for a secret that cannot be told from the rest of the URL.
    """
    if not is_remote(url):
        return url
    match = _WEB.match(url) or _PARTS.match(url)
    scheme, authority, rest = match.groups() if match else ("", "", "")
    user, at, host = authority.rpartition("@")
    query = ""
    if scheme in ("http", "https"):
        path, query, _ = rest.partition("#")[0].partition("?")
        bare = f"{scheme}://{f'{HIDDEN}@' if at else ''}{host}{path}{f'?{HIDDEN}' if query else ''}"
    else:
        bare = f"{scheme}://{user.partition(':')[0]}{at}{host}{rest}"
    if _CHAIN.search(url) or not _PORT.fullmatch(host) or (":" in user and scheme in BUCKETS):
        raise ValueError(
            f"{database_urls.hide(url)}: not understood; it is protocol://user:password@host:port/path, with / and @ "
            "in a password as %2F and %40; keys of an object store come from its own settings (AWS_ACCESS_KEY_ID …)"
        )
    if bare != url and HIDDEN not in (user, query):  # a command that was shown, copied
        _whole[bare] = url
    return bare


def whole(url: str) -> str:
    """The URL with its secrets. Raises ``ValueError`` where they are not known any more."""
    if url not in _whole and HIDDEN in url:
        raise ValueError(f"{url}: what stood there is kept nowhere; give the whole URL again")
    return _whole.get(url, url)


def open_system(url: str) -> tuple[Any, str]:
    """fsspec's file system for ``url`` (with or without its secrets), and the path on it.

    Raises ``ValueError`` where a library is missing or nobody knows the protocol, ``OSError`` where nobody answers.
    """
    bare = take(url)
    with told(bare):
        fsspec = import_module("fsspec")
        for library in ("paramiko", "s3fs", "botocore", "aiobotocore", "fsspec"):
            logging.getLogger(library).addHandler(logging.NullHandler())  # else tracebacks go to standard error
        system, path = fsspec.core.url_to_fs(whole(bare), **_options(bare.partition("://")[0]))
        if hasattr(system, "ftp"):
            system.ftp.get_channel().settimeout(WAIT)
    return system, str(path)


def _options(protocol: str) -> dict[str, Any]:
    if protocol in ("sftp", "ssh"):
        return {"host_key_policy": _known_hosts(), "timeout": WAIT, "banner_timeout": WAIT, "auth_timeout": WAIT}
    if protocol in ("http", "https"):
        timeout = import_module("aiohttp").ClientTimeout(total=None, sock_connect=WAIT, sock_read=WAIT)
        return {"client_kwargs": {"timeout": timeout}}  # its own ends each download after five minutes
    if protocol in ("s3", "s3a"):  # s3fs tries again by itself; both together would take minutes
        given = import_module("fsspec.config").conf.get("s3", {}).get("config_kwargs", {})
        return {"config_kwargs": {"retries": {"total_max_attempts": 1}, "connect_timeout": WAIT, **given}}
    return {}


@functools.cache
def _known_hosts() -> type:
    """paramiko's rule for hosts: those in ``~/.ssh/known_hosts``. fsspec alone would trust whoever answers."""
    paramiko = import_module("paramiko")

    class KnownHosts(paramiko.MissingHostKeyPolicy):  # type: ignore[misc,name-defined] # its base is imported just now
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            file = Path.home() / ".ssh" / "known_hosts"
            known = paramiko.HostKeys(str(file)) if file.is_file() else paramiko.HostKeys()
            if not known.check(hostname, key):
                raise paramiko.SSHException(
                    f"{hostname} is not in ~/.ssh/known_hosts with this {key.get_name()} key; ssh asks and adds it"
                )

    return KnownHosts


def again(url: str, call: Callable[[], Result], pauses: Sequence[float]) -> Result:
    """``call()``, and after each ``ConnectionError`` once more over a new connection, after a pause in seconds."""
    for pause in pauses:
        try:
            return call()
        except ConnectionError:
            forget(url)
            time.sleep(pause)
    return call()


def forget(url: str) -> None:
    """fsspec keeps connections, also those that are lost."""
    import_module("fsspec").get_filesystem_class(url.partition("://")[0]).clear_instance_cache()


@contextmanager
def told(url: str) -> Iterator[None]:
    """What a library raises becomes one sentence without secrets; ``from None``, for theirs may hold them.

    Raises ``ValueError`` for what is not there or asked wrongly, ``PermissionError``, plain ``OSError`` for a host that
    is not there or not trusted, ``ConnectionError`` for all else, where another try may help.
    """
    try:
        yield
    except ImportError as error:
        raise ValueError(f"{url}: {error.name or 'a library'} is not installed: {INSTALL}") from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - each library has its own
        raise _sentence(url, error) from None


def _sentence(url: str, error: Exception) -> Exception:
    chain = list(_chain(error))
    status = next((code for one in chain if isinstance(code := getattr(one, "status", None), int)), None)
    if any(isinstance(one, socket.gaierror) for one in chain):
        return OSError(f"{url} cannot be reached: there is no such host")
    refused = next((why for one in chain if (why := getattr(one, "verify_message", ""))), "")  # of ssl
    if refused:
        return OSError(
            f"{url}: its certificate is not trusted: {refused.rstrip('.')}; for an authority of your own, "
            "SSL_CERT_FILE names a file with its certificate"
        )
    if status in (401, 403) or any(isinstance(one, PermissionError) for one in chain):
        return PermissionError(f"{url} cannot be read or written: no permission{f' ({status})' if status else ''}")
    if status in (404, 410) or (status is None and type(chain[-1]) is FileNotFoundError):
        return ValueError(f"there is nothing at {url}")
    said = _without_secrets(" ".join(str(chain[-1]).split()) or type(chain[-1]).__name__, url)
    if "Protocol not known" in said:
        return ValueError(f"{url}: fsspec knows no such protocol")
    return ConnectionError(f"{url} cannot be reached: {said[:300]}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _without_secrets(text: str, url: str) -> str:
    text = re.sub(r"\w+://\S+", "the URL", text)
    for secret in re.findall(r"://[^/@]*:([^/]*)@", whole(url)):
        text = text.replace(secret, HIDDEN)
    return text
