"""A colleague who asks for help for themselves while they have a patient's case: their words never go to the patient."""

from __future__ import annotations

from tests.world import World


async def test_words_after_asking_for_help_go_to_no_patient(world: World) -> None:
    ana = await world.enrol()
    await ana.says("I want to die")
    dana, luis = world.primary, world.backup
    await dana.taps("Acknowledge")
    await dana.taps("Write")
    await dana.says("/sos")
    await dana.taps("Page my team")
    assert "relay/ended" in dana.keys
    assert any("now.\nIf it gets worse" in one.text for one in dana.replies)
    await luis.taps("Acknowledge")
    world.look()
    await dana.says("I can not go on alone")
    assert dana.keys == ["relay/which"]
    assert dana.last.labels == ["Case 1", "My own alert", "Nobody"]
    await dana.taps("My own alert")
    assert dana.keys == ["relay/own_sent"]
    assert luis.all[-1].key == "relay/to_staff"
    assert "I can not go on alone" in luis.all[-1].text
    assert ana.keys == []
