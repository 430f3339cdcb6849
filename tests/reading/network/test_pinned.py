"""The address that was checked is the address that is used; TLS still speaks of the name."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.reading.fetching import fetch_file
from embedlab.reading.network import pinned

NAME = "vectors.example.org"
PUBLIC = "93.184.216.34"
WANTED = {"title": "The file", "max_bytes": 10_000, "remedy": "Try again."}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append((self.headers["host"], self.path))
        self.server.authorizations.append(self.headers["authorization"])
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[len("/to/") :])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"vectors")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """Key and certificate of `vectors.example.org`, signed by themselves."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    options = ["-days", "2", "-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{NAME}"]
    try:
        subprocess.run([*command, *options], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl not found")
    return key, certificate


@pytest.fixture
def secure_server(certificate, monkeypatch):
    """A TLS server on this machine; `asked` has Host and path of each request, `names` what TLS asked for."""
    key, path = certificate
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.names, server.authorizations = [], [], []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key)
    context.sni_callback = lambda _socket, name, _context: server.names.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def network(monkeypatch, secure_server):
    """A network in which each name has the addresses of `names`, and each public address is the server."""

    network = SimpleNamespace(names={NAME: [PUBLIC]}, looked_up=[], connected=[])

    def getaddrinfo(host, port, *_, **__):
        network.looked_up.append(host)
        answer = network.names.get(host, [host])
        addresses = answer.pop(0) if answer and isinstance(answer[0], list) else answer
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    def connect(address):
        network.connected.append(address.sockaddr)
        opened = socket.socket()
        opened.connect(("127.0.0.1", secure_server.server_port))
        return opened

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(pinned, "connect", connect)
    return network


def test_one_look_up_one_connection_and_the_name_in_tls_and_host(network, secure_server, tmp_path):
    fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)
    assert (tmp_path / "got").read_bytes() == b"vectors"
    assert network.looked_up == [NAME]
    assert network.connected == [(PUBLIC, 443)]
    assert secure_server.names == [NAME]
    assert secure_server.asked == [(NAME, "/v.txt")]


def test_a_name_whose_address_changes_is_asked_at_the_one_that_was_checked(network, tmp_path):
    network.names[NAME] = [[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]]
    fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)
    assert network.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::ffff:10.0.0.1"])
def test_no_connection_is_made_to_a_private_address(network, tmp_path, address):
    network.names[NAME] = [address]
    with pytest.raises(InputError, match="private network"):
        fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)
    network.names[NAME] = [PUBLIC, address]
    with pytest.raises(InputError, match="private network"):
        fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)
    assert network.connected == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "error"),
    [
        pytest.param("https://inner.example/x", "private network", id="private-name"),
        pytest.param("https://127.0.0.1/x", "private network", id="private-address"),
        pytest.param("http://vectors.example.org/x", "HTTPS", id="plain-http"),
        pytest.param("https://user:pass@vectors.example.org/x", "password", id="password"),
        pytest.param("file:///etc/passwd", r"HTTPS|not the address", id="file"),
        pytest.param("https://vectors.example.org:22/x", "port", id="port"),
    ],
)
def test_every_redirect_is_checked(network, secure_server, tmp_path, target, error):
    network.names["inner.example"] = ["10.0.0.1"]
    with pytest.raises(InputError, match=error):
        fetch_file(f"https://{NAME}/to/{target}", tmp_path / "got", **WANTED)
    assert len(network.connected) == 1
    assert len(secure_server.asked) == 1


def test_a_redirect_within_the_public_network_is_followed(network, secure_server, tmp_path):
    fetch_file(f"https://{NAME}/to//b", tmp_path / "got", **WANTED)
    assert [path for _, path in secure_server.asked] == ["/to//b", "/b"]


def test_a_certificate_of_another_name_is_refused(network, tmp_path):
    network.names["other.example"] = [PUBLIC]
    with pytest.raises(EmbedLabError, match="certificate"):
        fetch_file("https://other.example/v.txt", tmp_path / "got", **WANTED)


def test_a_certificate_of_an_unknown_authority_is_refused(network, tmp_path, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(EmbedLabError, match="certificate"):
        fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)


def test_proxies_and_passwords_of_the_environment_are_not_used(network, secure_server, tmp_path, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {NAME} login ada password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    seen = []
    monkeypatch.setattr(
        Handler, "end_headers", lambda self: (seen.append(dict(self.headers)), super(Handler, self).end_headers())[1]
    )
    fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)
    assert network.connected == [(PUBLIC, 443)]
    assert secure_server.authorizations == [None]


def test_the_next_address_is_tried_when_one_does_not_answer(network, monkeypatch, tmp_path):
    network.names[NAME] = ["93.184.216.35", PUBLIC]
    works = pinned.connect

    def connect(address):
        if address.sockaddr[0] != PUBLIC:
            raise ConnectionRefusedError
        return works(address)

    monkeypatch.setattr(pinned, "connect", connect)
    fetch_file(f"https://{NAME}/v.txt", tmp_path / "got", **WANTED)
    assert (tmp_path / "got").read_bytes() == b"vectors"
