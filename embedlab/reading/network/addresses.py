"""Which IP addresses a server may download from on behalf of a user: public ones only."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from embedlab.core.errors import InputError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Names of this machine, to which tests may connect.
OWN_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Resolved:
    """One address of a host, as `socket.getaddrinfo` returns it.

    Parameters
    ----------
    family
        `socket.AF_INET` or `socket.AF_INET6`.
    sockaddr
        Address and port, ready for `socket.connect`: a number, so that nothing is resolved again.
    """

    family: int
    sockaddr: tuple[str, int] | tuple[str, int, int, int]

    @property
    def ip(self) -> IPAddress:
        """The IP address, without the zone of a link-local one."""
        return ipaddress.ip_address(self.sockaddr[0].split("%")[0])


def is_public(ip: IPAddress) -> bool:
    """Return whether an address is public.

    Private, loopback, link-local, shared (100.64.0.0/10), reserved, documentation, multicast and unspecified addresses
    are not. An IPv6 address that embeds an IPv4 address (mapped, NAT64, 6to4) is public if that one is.

    Notes
    -----
    The registries are IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), as `ipaddress` has them;
    NAT64 is RFC 6052, 6to4 RFC 3056.
    """
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(inner)
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def resolve(host: str, port: int) -> list[Resolved]:
    """Return all addresses of a host.

    Raises
    ------
    InputError
        The name is invalid (a label in it is empty or longer than 63 characters).
    OSError
        The name is unknown, or there is no connection.
    """
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except UnicodeError as error:
        raise not_an_address(host) from error
    return [
        Resolved(family, sockaddr)  # type: ignore[arg-type]
        for family, _, _, _, sockaddr in entries
        if family in {socket.AF_INET, socket.AF_INET6}
    ]


def not_an_address(received: str) -> InputError:
    """Return the error for text that is not the address of a file."""
    return InputError(
        "This is not the address of a file.", received=received, remedy="Give one that begins with https://."
    )


def refuse_private(host: str, found: list[Resolved]) -> None:
    """Raise `InputError` unless every address of `host` is public: any of them may be the one that is used."""
    if not all(is_public(one.ip) for one in found):
        raise InputError(
            "The address is in a private network.",
            received=host,
            remedy="Download the file yourself and upload it here.",
        )
