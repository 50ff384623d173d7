"""Replacements: restored whatever others have replaced meanwhile, in any order."""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any

from reflowlog.console.replacements import Replacements, skip_ended

if TYPE_CHECKING:
    from collections.abc import Callable


def loud(original: Callable[..., str]) -> Callable[..., str]:
    """A wrapper that can be told from what it wraps."""
    return lambda *arguments: original(*arguments) + "!"


def module_with(function: Callable[..., str]) -> Any:
    """A module with an attribute `say`."""
    module: Any = types.ModuleType("some_module")
    module.say = function
    return module


def test_what_was_replaced_is_restored() -> None:
    """Also of an object, whose attribute hides the method of its class; twice is as once."""

    class Speaker:
        def say(self) -> str:
            return "a"

    module, speaker = module_with(lambda: "a"), Speaker()
    original = module.say
    replacements = Replacements()
    for owner in (module, speaker):
        assert replacements.make(owner, "say", loud)() == "a!"
        assert owner.say() == "a!"
    assert replacements
    for _ in range(2):
        replacements.restore()
        assert not replacements
        assert module.say is original
        assert vars(speaker) == {}


def test_an_attribute_of_an_object_is_restored() -> None:
    """Code that has replaced a method of a stream before gets its own function back."""
    speaker = types.SimpleNamespace(say=lambda: "own")
    own = speaker.say
    replacements = Replacements()
    replacements.make(speaker, "say", loud)
    replacements.restore()
    assert speaker.say is own


def test_what_others_have_put_in_its_place_stays() -> None:
    """It calls the ended replacement beneath it, which others that are restored later leave out."""
    module = module_with(lambda: "a")
    original = module.say
    first, second = Replacements(), Replacements()
    first.make(module, "say", loud)
    second.make(module, "say", loud)
    assert module.say() == "a!!"
    first.restore()
    assert module.say() == "a!!"
    second.restore()
    assert module.say is original

    first.make(module, "say", loud)
    of_others = module.say = loud(module.say)
    first.restore()
    assert module.say is of_others


def test_a_wrapper_of_others_with_the_attributes_of_an_ended_replacement_stays() -> None:
    """`functools.wraps` copies them, from a function that other code has kept since before the end."""
    module = module_with(lambda: "a")
    replacements = Replacements()
    kept = replacements.make(module, "say", lambda original: functools.wraps(original)(loud(original)))
    replacements.restore()
    of_others = module.say = functools.wraps(kept)(loud(kept))
    replacements.make(module, "say", loud)
    replacements.restore()
    assert module.say is of_others


def test_the_first_object_beneath_that_has_not_ended_is_found() -> None:
    """Objects that were never replaced are themselves."""
    module = module_with(lambda: "a")
    original = module.say
    lower, upper = Replacements(), Replacements()
    below = lower.make(module, "say", loud)
    above = upper.make(module, "say", loud)
    assert [skip_ended(each) for each in (above, below, original)] == [above, below, original]
    lower.restore()
    assert [skip_ended(each) for each in (above, below)] == [above, original]
    upper.restore()
    assert skip_ended(above) is original
