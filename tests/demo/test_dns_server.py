"""The loopback name server, asked with dnspython as any resolver would."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.dns_server import FORGED_ADDRESS
from icpcrawl.demo.zone import Name, NameTrouble, Records, Zone, is_mainland_client

MANY = tuple(f"47.96.{n}.{m}" for n in range(2) for m in range(1, 100))
NAMES = {
    "www.site.cn": Name(Records(a=("47.96.129.18",), aaaa=("2400:3200::1",)), ttl_s=77),
    "alias.cn": Name(Records(cname="edge.cdn.com"), ttl_s=30),
    "edge.cdn.com": Name(
        Records(a=("47.96.129.18",)),
        mainland=Records(a=("223.5.20.1",), aaaa=("2400:3200::2",)),
        overseas=Records(a=("47.74.200.1",)),
    ),
    "dangling.cn": Name(Records(cname="gone.cn")),
    "lone.cn": Name(Records(cname="www.site.cn"), trouble=NameTrouble.LONE_CNAME),
    "crowded.cn": Name(Records(a=MANY)),
    "truncated.cn": Name(Records(a=("47.96.129.18",)), trouble=NameTrouble.TRUNCATED),
    "servfail.cn": Name(trouble=NameTrouble.SERVFAIL),
    "refused.cn": Name(trouble=NameTrouble.REFUSED),
    "silent.cn": Name(trouble=NameTrouble.SILENT),
    "forged.cn": Name(Records(a=("47.96.129.18",)), trouble=NameTrouble.FORGED_ID),
}


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(Zone(NAMES)) as web:
        yield web


def asked(
    web: LoopbackWeb, name: str, kind: str = "A", *, subnet: str = "", tcp: bool = False, edns: int = 0
) -> dns.message.Message:
    options: list[dns.edns.Option] = [dns.edns.ECSOption(*_split(subnet))] if subnet else []
    query = dns.message.make_query(name, kind, use_edns=edns, payload=1232, options=options)
    if tcp:
        return dns.query.tcp(query, "127.0.0.1", 2, web.dns_port)
    return dns.query.udp(query, "127.0.0.1", 2, web.dns_port)


def _split(subnet: str) -> tuple[str, int]:
    address, _, length = subnet.partition("/")
    return address, int(length)


def records(answer: dns.message.Message) -> dict[str, list[str]]:
    return {
        dns.rdatatype.to_text(rrset.rdtype): sorted(record.to_text() for record in rrset)
        for rrset in answer.answer
    }


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answer"),
    [
        ("www.site.cn", "A", "NOERROR", {"A": ["47.96.129.18"]}),
        ("WWW.Site.CN", "AAAA", "NOERROR", {"AAAA": ["2400:3200::1"]}),
        ("www.site.cn", "MX", "NOERROR", {}),
        ("site.cn", "A", "NOERROR", {}),
        ("gone.cn", "A", "NXDOMAIN", {}),
        ("alias.cn", "A", "NOERROR", {"CNAME": ["edge.cdn.com."], "A": ["47.96.129.18"]}),
        ("alias.cn", "AAAA", "NOERROR", {"CNAME": ["edge.cdn.com."]}),
        ("alias.cn", "CNAME", "NOERROR", {"CNAME": ["edge.cdn.com."]}),
        ("dangling.cn", "A", "NXDOMAIN", {"CNAME": ["gone.cn."]}),
        ("lone.cn", "A", "NOERROR", {"CNAME": ["www.site.cn."]}),
        ("servfail.cn", "A", "SERVFAIL", {}),
        ("refused.cn", "A", "REFUSED", {}),
    ],
)
def test_every_kind_of_answer(
    web: LoopbackWeb, name: str, kind: str, rcode: str, answer: dict[str, list[str]], tcp: bool
) -> None:
    got = asked(web, name, kind, tcp=tcp)
    assert (dns.rcode.to_text(got.rcode()), records(got)) == (rcode, answer)
    assert got.flags & dns.flags.AA or rcode in ("SERVFAIL", "REFUSED")


@pytest.mark.parametrize(("name", "kind"), [("gone.cn", "A"), ("www.site.cn", "MX"), ("alias.cn", "AAAA")])
def test_a_negative_answer_says_how_long_it_holds(web: LoopbackWeb, name: str, kind: str) -> None:
    (soa,) = asked(web, name, kind).authority
    assert (soa.rdtype, soa.ttl, soa[0].minimum) == (dns.rdatatype.SOA, 60, 60)


def test_an_answer_has_the_time_to_live_of_its_name(web: LoopbackWeb) -> None:
    assert asked(web, "www.site.cn").answer[0].ttl == 77


@pytest.mark.parametrize(
    ("name", "subnet", "address", "scope"),
    [
        ("edge.cdn.com", "202.96.209.0/24", "223.5.20.1", 24),
        ("alias.cn", "202.96.209.0/24", "223.5.20.1", 24),
        ("edge.cdn.com", "85.214.0.0/24", "47.74.200.1", 24),
        ("edge.cdn.com", "2408:8000::/56", "223.5.20.1", 56),
        ("www.site.cn", "202.96.209.0/24", "47.96.129.18", 0),
    ],
)
def test_the_client_subnet_is_honoured_and_echoed(
    web: LoopbackWeb, name: str, subnet: str, address: str, scope: int
) -> None:
    got = asked(web, name, subnet=subnet)
    (echo,) = (option for option in got.options if isinstance(option, dns.edns.ECSOption))
    assert (f"{echo.address}/{echo.srclen}", echo.scopelen) == (subnet, scope)
    assert records(got)["A"] == [address]
    assert web.questions[-1].subnet == subnet


def test_without_a_subnet_none_is_echoed(web: LoopbackWeb) -> None:
    assert asked(web, "edge.cdn.com").options == ()


@pytest.mark.parametrize(
    ("subnet", "is_mainland"),
    [("202.96.209.0/24", True), ("240e::/56", True), ("85.214.0.0/24", False), ("2a00::/56", False)],
)
def test_mainland_clients_are_known_by_their_network(subnet: str, is_mainland: bool) -> None:
    assert is_mainland_client(subnet) is is_mainland


@pytest.mark.parametrize(("name", "count"), [("crowded.cn", len(MANY)), ("truncated.cn", 1)])
def test_what_does_not_fit_into_a_datagram_is_had_over_tcp(web: LoopbackWeb, name: str, count: int) -> None:
    short = asked(web, name)
    assert (bool(short.flags & dns.flags.TC), records(short)) == (True, {})
    whole = asked(web, name, tcp=True)
    assert (bool(whole.flags & dns.flags.TC), len(whole.answer[0])) == (False, count)


def test_one_tcp_connection_answers_many_questions(web: LoopbackWeb) -> None:
    with socket.create_connection(("127.0.0.1", web.dns_port), 2) as sock:
        for name in ("www.site.cn", "gone.cn", "www.site.cn"):
            query = dns.message.make_query(name, "A")
            dns.query.send_tcp(sock, query)
            answer, _ = dns.query.receive_tcp(sock, one_rr_per_rrset=False)
            assert query.is_response(answer)


def test_silence_is_silence(web: LoopbackWeb) -> None:
    query = dns.message.make_query("silent.cn", "A")
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(query, "127.0.0.1", 0.05, web.dns_port)


def test_a_forger_is_faster(web: LoopbackWeb) -> None:
    query = dns.message.make_query("forged.cn", "A")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(query.to_wire(), ("127.0.0.1", web.dns_port))
        lie, truth = (dns.message.from_wire(sock.recv(2000)) for _ in range(2))
    assert (lie.id == query.id, records(lie)) == (False, {"A": [FORGED_ADDRESS]})
    assert (truth.id == query.id, records(truth)) == (True, {"A": ["47.96.129.18"]})


@pytest.mark.parametrize(
    "noise",
    [b"", b"\x00", b"\xff" * 40, dns.message.make_response(dns.message.make_query("a.cn", "A")).to_wire()],
    ids=["nothing", "a-byte", "garbage", "an-answer"],
)
def test_noise_is_not_answered_and_does_no_harm(web: LoopbackWeb, noise: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(noise, ("127.0.0.1", web.dns_port))
        query = dns.message.make_query("www.site.cn", "A")
        sock.sendto(query.to_wire(), ("127.0.0.1", web.dns_port))
        assert dns.message.from_wire(sock.recv(2000)).id == query.id


def test_every_question_is_on_record_also_one_asked_before(web: LoopbackWeb) -> None:
    before = len(web.questions)
    for tcp in (False, False, True):
        asked(web, "www.site.cn", tcp=tcp)
    assert [(q.name, q.kind, q.transport) for q in web.questions[before:]] == [
        ("www.site.cn", "A", "udp"),
        ("www.site.cn", "A", "udp"),
        ("www.site.cn", "A", "tcp"),
    ]


def test_another_zone_is_served_from_one_moment_to_the_next() -> None:
    with LoopbackWeb(Zone({"a.cn": Name(Records(a=("1.2.3.4",)))})) as web:
        assert records(asked(web, "a.cn")) == {"A": ["1.2.3.4"]}
        web.serve(Zone({"a.cn": Name(Records(a=("5.6.7.8",)))}))
        assert records(asked(web, "a.cn")) == {"A": ["5.6.7.8"]}
