"""Three texts for every kind, in both languages: to the person concerned, to the other side, and to staff."""

import pytest

from api.web import texts
from api.web.texts import Language
from domain.moderation.kind import Kind
from domain.texts import NEUTRAL_TO_BOTH, OTHER_SIDE, coach_text, pause_text, staff_text

LANGUAGES = list(Language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_its_three_texts(kind: Kind, language: Language) -> None:
    for key in (pause_text(kind, concerned=True), coach_text(kind), staff_text(kind)):
        said = texts.text(language, key)
        assert said.endswith((".", "?"))
        assert said[0].isupper()
        assert len(said) <= 220


@pytest.mark.parametrize("kind", list(Kind))
def test_the_other_side_is_always_told_the_same(kind: Kind) -> None:
    assert pause_text(kind, concerned=False) == OTHER_SIDE


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_side_reads_that_nobody_ended_it_and_no_kind(language: Language) -> None:
    said = texts.text(language, OTHER_SIDE)
    own = {texts.text(language, pause_text(kind, concerned=True)) for kind in Kind}
    assert {one for one in own if one == said}, "some kinds say no more to the person concerned"
    named = {texts.cause(language, kind).lower() for kind in Kind}
    assert not [cause for cause in named if cause in said.lower()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(NEUTRAL_TO_BOTH))
def test_of_the_gravest_kinds_no_own_text_gives_anything_away(kind: str, language: Language) -> None:
    asked = texts.text(language, coach_text(kind))
    alike = [one for one in Kind if texts.text(language, coach_text(one)) == asked]
    assert len(alike) >= 6, "the same words are used for several kinds"
    assert texts.text(language, f"slate.{kind}") == texts.text(language, OTHER_SIDE)


@pytest.mark.parametrize("kind", list(Kind))
def test_staff_are_told_something_else_than_the_person_concerned(kind: Kind) -> None:
    for language in LANGUAGES:
        told = texts.text(language, staff_text(kind))
        assert told not in (
            texts.text(language, pause_text(kind, concerned=True)),
            texts.text(language, coach_text(kind)),
        )
    english, welsh = (texts.text(language, staff_text(kind)) for language in LANGUAGES)
    assert english != welsh
