"""Fetching from an address: only HTTPS, only the public network, and names that are no paths."""

from __future__ import annotations

import socket

import pytest

from embedlab.core.errors import EmbedLabError, InputError, TooLargeError
from embedlab.reading.fetching import check_url, fetch_file, file_name_of
from tests.samples.test_downloads import served

__all__ = ["served"]


def resolve_to(monkeypatch, *addresses):
    entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: entries)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="empty"),
        pytest.param("vectors.txt", id="file-name"),
        pytest.param("https://", id="no-host"),
        pytest.param("https:///vectors.txt", id="empty-host"),
        pytest.param("https://a b/x", id="space"),
        pytest.param("https://[::1", id="bracket"),
        pytest.param("x" * 3000, id="long"),
        pytest.param(f"https://{'a' * 64}.example.org/x", id="long-label"),
        pytest.param(f"https://{'ü' * 60}.example.org/x", id="long-label-when-encoded"),
        pytest.param("https://a..example.org/x", id="empty-label"),
        pytest.param("https://example.org:99999/x", id="port-too-large"),
        pytest.param("https://example.org:x/x", id="port-no-number"),
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(InputError, match="not the address"):
        check_url(url)


@pytest.mark.parametrize("url", ["http://example.org/v.txt", "file:///etc/passwd", "ftp://example.org/v.txt"])
def test_other_ways_than_https_are_refused(url):
    with pytest.raises(InputError, match=r"HTTPS|not the address"):
        check_url(url)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.8"],
        ["169.254.169.254"],
        ["192.168.1.1"],
        ["::1"],
        ["fe80::1%eth0"],
        ["8.8.8.8", "10.1.1.1"],
    ],
)
def test_hosts_in_a_private_network_are_refused(monkeypatch, addresses):
    resolve_to(monkeypatch, *addresses)
    with pytest.raises(InputError, match="private network"):
        check_url("https://vectors.example.org/v.txt")


def test_public_hosts_and_hosts_nobody_knows_here_are_let_through(monkeypatch):
    resolve_to(monkeypatch, "93.184.216.34")
    check_url("https://vectors.example.org/v.txt")

    def unknown(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    check_url("https://vectors.example.org/v.txt")


def test_numbers_of_this_machine_are_refused_as_they_are():
    for url in ("https://127.0.0.1/v", "https://[::1]/v", "https://0.0.0.0/v", "https://localhost/v"):
        with pytest.raises(InputError, match="private network"):
            check_url(url)


def test_a_name_is_the_last_part_of_the_address_and_never_a_path():
    assert file_name_of("https://example.org/a/glove.6B.zip?x=1#y") == "glove.6B.zip"
    assert file_name_of("https://example.org/") == "example.org"
    assert file_name_of("https://example.org/%2e%2e%2fetc%2fpasswd") == "passwd"


def test_a_file_arrives_whole_and_a_larger_one_is_refused(served, tmp_path):
    folder, url = served
    content = bytes(range(256)) * 2000
    (folder / "v.bin").write_bytes(content)
    asked = {"title": "The file", "remedy": "Try again.", "allow_http": True}
    fetch_file(f"{url}v.bin", tmp_path / "got", max_bytes=len(content), **asked)
    assert (tmp_path / "got").read_bytes() == content
    with pytest.raises(TooLargeError, match="At most 1 MB"):
        fetch_file(f"{url}v.bin", tmp_path / "more", max_bytes=len(content) - 1, **asked)
    with pytest.raises(EmbedLabError, match="answered 404"):
        fetch_file(f"{url}none", tmp_path / "none", max_bytes=10, **asked)
    with pytest.raises(InputError, match="HTTPS"):
        fetch_file(f"{url}elsewhere/v.bin", tmp_path / "elsewhere", max_bytes=10, **asked)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["got", "served"]


@pytest.mark.parametrize("port", ["22", "25", "80", "0", "1023"])
def test_ports_of_other_services_are_refused(monkeypatch, port):
    resolve_to(monkeypatch, "93.184.216.34")
    with pytest.raises(InputError, match="port"):
        check_url(f"https://example.org:{port}/v.txt")
    check_url("https://example.org:8443/v.txt")
    check_url("https://example.org:443/v.txt")


@pytest.mark.parametrize("user", ["user:secret@", "user@", ":secret@", "@"])
def test_passwords_in_an_address_are_refused_and_not_repeated(user):
    with pytest.raises(InputError, match="password") as caught:
        check_url(f"https://{user}example.org/v.txt")
    assert "secret" not in str(caught.value)
