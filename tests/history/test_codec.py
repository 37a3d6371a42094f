"""What is stored comes back equal; what is damaged says so."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpcrawl.audit.finding import Verdict
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.errors import StoreError
from icpcrawl.history import codec
from icpcrawl.observation import Hosting, Observation, Page
from tests.history.samples import make_audit, make_finding, make_observation

# msgpack holds 64 bits; what a page claims beyond that is cut, see below.
st.register_type_strategy(int, st.integers(-(2**40), 2**40))

_TEXT = st.text(max_size=20)
OBSERVATIONS = st.builds(
    lambda observation, companions: dataclasses.replace(
        observation, fetched=dataclasses.replace(observation.fetched, companions=companions)
    ),
    st.builds(make_observation, _TEXT, st.none() | st.binary(max_size=200)),
    st.lists(
        st.builds(Page, _TEXT, st.integers(100, 599), st.just((("a", "b"),)), st.binary()), max_size=3
    ).map(tuple),
)


@given(OBSERVATIONS, st.from_type(Hosting))
def test_an_observation_comes_back_equal(observation: Observation, hosting: Hosting) -> None:
    observation = dataclasses.replace(observation, hosting=hosting)
    encoded = codec.encode_observation(observation)
    bodies = dict(encoded.bodies)
    record, moments, digest = encoded.record, encoded.moments, encoded.digest
    back = codec.decode_observation(record, moments, 1, bodies.__getitem__, of="it", digest=digest)
    assert back == observation
    bare = codec.decode_observation(record, moments, 1, None, of="it")
    assert codec.without_bodies(back) == bare
    with pytest.raises(StoreError, match="does not match its SHA-256"):
        codec.decode_observation(record, moments, 1, None, of="it", digest=bytes(32))


@given(st.from_type(SiteAudit))
def test_an_audit_comes_back_equal(audit: SiteAudit) -> None:
    assert codec.decode_audit(codec.encode_audit(audit), 1, of="it") == audit


def test_lone_surrogates_and_absurd_numbers_lose_no_site() -> None:
    audit = make_audit(
        "a.cn", Verdict.NON_COMPLIANT, dataclasses.replace(make_finding("x"), observed="\ud800备")
    )
    assert codec.decode_audit(codec.encode_audit(audit), 1, of="it").findings[0].observed == "?备"
    huge = dataclasses.replace(audit, hosting=dataclasses.replace(audit.hosting, asn=(2**70,)))
    assert codec.decode_audit(codec.encode_audit(huge), 1, of="it").hosting.asn == (2**63 - 1,)
    odd = make_observation("a.cn\udcff")
    assert codec.encode_observation(odd).digest


def test_damage_and_newer_forms_are_named() -> None:
    stored = codec.encode_audit(make_audit("a.cn"))
    with pytest.raises(StoreError, match="damaged"):
        codec.decode_audit(stored[:-3], 1, of="it")
    with pytest.raises(StoreError, match="newer"):
        codec.decode_audit(stored, 99, of="it")
    with pytest.raises(StoreError, match="SHA-256"):
        codec.decompress_body(codec.compress_body(b"x"), b"y" * 32)
