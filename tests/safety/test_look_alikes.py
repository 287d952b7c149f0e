"""Letters of other scripts that look like Latin ones, by Unicode's own list of them and in the alphabets of "fancy text" keyboards."""

from __future__ import annotations

import string

import pytest

from bot.safety.levels import Level
from bot.safety.normalise import fold_character
from bot.safety.screen import Screener
from tests.safety.unicode_list import alike

FANCY = (
    "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ",
    "ᗩᙖᑕᗪᙓℱᘜᕼᓮᒎKᒪᙏᑎᗝᑭᕴᖇSTᑌᐯᙎ᙭Yᘔ",
    "ᏗᏰፈᎴᏋᎦᎶᏂᎥᏠᏦᏝᎷᏁᎧᎮᎤᏒᏕᏖᏬᏉᏇጀᎩፚ",
    "₳฿₵ĐɆ₣₲ⱧłJ₭Ⱡ₥₦Ø₱QⱤ₴₮ɄV₩ӾɎⱫ",
    "ค๒ς๔єŦﻮђเןкl๓ภ๏קợгรtยשฬץאz",
    "αв¢∂єƒgнιנкℓмησρqяѕтυνωχуz",
    "άвςđέғģħίјķĻмήόρqŕşţùνώxчž",
    "ꍏꌃꉓꀸꍟꎇꁅꃅꀤꀭꀘ꒒ꂵꈤꂦꉣꆰꋪꌗ꓄ꀎꃴꅏꊼꌩꁴ",
    "ąҍçժҽƒցհìʝҟӀʍղօքզɾʂէմѵա×վՀ",
    "ǟɮƈɖɛʄɢɦɨʝӄʟʍռօքզʀֆȶʊʋաӼʏʐ",
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘQʀꜱᴛᴜᴠᴡxʏᴢ",
    "αႦƈԃҽϝɠԋιʝƙʅɱɳσρϙɾʂƚυʋɯxყȥ",
    "卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙",
    "ﾑ乃cd乇ｷgんﾉﾌズﾚﾶ刀oｱq尺丂ｲu√wﾒﾘ乙",
    "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖᑫʳˢᵗᵘᵛʷˣʸᶻ",
    "ƛƁƇƊЄƑƓӇƖʆƘԼMƝƠƤƢƦƧƬƲƔƜҲƳȤ",
    "ɑҍϲժҽƒցհíյƘӀʍղօԹզɾՏԵմѵա×վՀ",
    "ᎯᏰᏨᎠᎬfᎶᎻiᏠᏦlmᏁᎾᏢqᏒᏕᎿᏌᏉᏯxᎽᏃ",
    "ₐbcdₑfgₕᵢⱼₖₗₘₙₒₚqᵣₛₜᵤᵥwₓyz",
    "ÃβČĎẸƑĞĤĮĴЌĹϻŇỖƤǪŘŜŤǕVŴЖŶŽ",
    "ᥲbᥴdᥱfghιjkᥣ꧑ᥒ᥆ρqrstᥙ᥎ɯxүz",
    "ⒶⒷⒸⒹⒺⒻⒼⒽⒾⒿⓀⓁⓂⓃⓄⓅⓆⓇⓈⓉⓊⓋⓌⓍⓎⓏ",
    "⒜⒝⒞⒟⒠⒡⒢⒣⒤⒥⒦⒧⒨⒩⒪⒫⒬⒭⒮⒯⒰⒱⒲⒳⒴⒵",
    "ΛBCDΞFGHIJKLMNOPQRSTUVWXYZ",
)
READ_OTHERWISE = {
    "ſ": "s",  # it is a long s
    "ẝ": "s",
    "ӏ": "l",  # as its capital letter
    "ք": "p",  # as fancy alphabets have it
    "ʋ": "v",
}


@pytest.mark.parametrize("letter", string.ascii_lowercase)
def test_what_unicode_lists_as_looking_like_a_letter_is_read_as_it(letter: str) -> None:
    wanted = {letter, "i"} if letter == "l" else {letter}  # a capital I looks like a small l
    listed = alike(letter)
    assert len(listed) > 20
    assert [one for one in listed if fold_character(one) not in wanted and READ_OTHERWISE.get(one) != fold_character(one)] == []


@pytest.mark.parametrize("digit", "٣३௩𝟛３")
def test_a_digit_of_any_script_is_that_digit(digit: str) -> None:
    assert fold_character(digit) == "3"


@pytest.mark.parametrize("alphabet", FANCY)
@pytest.mark.parametrize("text", ["i want to kill myself", "took all the pills", "quiero matarme", "he is going to kill me tonight"])
def test_a_fancy_alphabet_takes_no_page_away(screener: Screener, alphabet: str, text: str) -> None:
    plain = screener.screen(text)
    assert plain.level.pages
    assert screener.screen(text.translate(str.maketrans(string.ascii_lowercase, alphabet))).level >= plain.level


@pytest.mark.parametrize("text", ["I want to kiII myseIf", "took aII the piIIs", "dont wanna Iive anymore", "l want to die"])
def test_a_capital_i_that_looks_like_an_l_takes_no_page_away(screener: Screener, text: str) -> None:
    assert screener.screen(text).level >= screener.screen(text.replace("I", "l").replace("l want", "i want")).level >= Level.URGENT


@pytest.mark.parametrize("text", ["i'm skiing in hawaii", "siiii ya voyyy", "hiii everyone"])
def test_a_drawn_out_i_is_no_l(screener: Screener, text: str) -> None:
    assert screener.screen(text).level is Level.NONE
