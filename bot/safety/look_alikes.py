"""Letters that look like Latin ones: Cyrillic, Greek, Cherokee and others, and the alphabets that "fancy text" keyboards make of them.

From Unicode's list of confusable characters (UTS 39) and from those alphabets, as people send them from phones. Letters that Unicode
itself calls Latin ("Latin small letter k with hook", "squared Latin capital letter k") are read by their names, see ``normalise``.
"""

from __future__ import annotations

ALIKE = {
    "a": "ѧƛɑΔάαλаคᎪᎯᏗᗅᗩᥲ₳∆∧⍺卂ꍏꓮﾑ𐊠𖽀",
    "b": "₿Ƅɮβвьҍբ฿๒ႦᏏᏰᏴᑲᖯᗷᙖ乃ꌃꓐꞴ𐊂𐊡𐌁",
    "c": "ҫϹ¢ɔςсፈᏨᑕᥴ₵ⲥ匚ꉓꓚꮯ𐊢𐌂𐐽𐔜𑣲🝌",
    "d": "δԁԃժ๔ᎠᎴᏧᑯᗞᗪ∂ꀸꓒꓓ",
    "e": "ҿəέεξеєҽᎬᏋᙓᥱ€℮∈∑⋿ⴹ乇ꍟꓰ𐊆𑢦𑢮Σ",
    "f": "ŦɟʄϝғᎦᖴ₣Ⅎ千ꎇꓝｷ𐊇𐊥𐔥𑣂𝈓",
    "g": "ƃƍԍցᎶᏀᏳᘜ₲ꁅꓖﻮ",
    "h": "ΗнђњћһӇԋհᎻᏂᕼⲎん卄ꃅꓧ𐋏",
    "i": "ıɩίιіїเᓮ⍳Ⲓ丨ꀤꓲꙇꭵﾉ𑣃",
    "j": "ȷʆϳјյןנᎫᏠᒍᒎꀭꓙﾌ",
    "k": "ҡĸκЌкҜҟӄᏦᛕ₭Ⲕズꀘꓗ𐔘",
    "l": "ǀ₤£ʅӏլᏝᏞᒪᛁᥣ∣⏽Ⳑⵏㄥ꒒ꓡﾚ￨𐊊𐌉𐌠𐐛𐔦𑢣𑢲𖼖𖼨𝈪",
    "m": "ӎʍΜϻм๓Ꮇᗰᙏᛖ₥Ⲙ爪ꂵꓟ꧑ﾶ𐊰𐌑",
    "n": "ңҥŋΝήηπийпղոռภᏁᑎᥒ₦∩Ⲛ几刀ꈤꓠ𐔓",
    "o": "өѳθοσόофօଠంಂംഠං๏ဝჿዐᎧᎾᗝ᥆ⲟⵔ〇ㄖꂦꓳ𐊒𐊫𐐬𐓪𐔖𑢵𑣈𑣗",
    "p": "քρрԹקᎮᏢᑭ₱⍴ⲣ卩ꉣꓑｱ𐊕",
    "q": "ƢǫϙҩԛգզᎤᑫᕴⵕꆰ",
    "r": "ƦгяᎡᏒᖇᴦⲅ尺ꋪꓣꭇꮁ𐒴𖼵𝈖",
    "s": "ƨƽʃѕՏֆรᏕᔕ₴丂ꌗꓢꮪ𐊖𐑈𑣁𖼺",
    "t": "ҭƚτтԵէᎢᎿᏖ₮⊤⟙Ⲧㄒ꓄ꓔｲ𐊗𐊱𐌕𑢼𖼊🝨",
    "u": "ƲɄʊυцџմսยሀᏌᏬᑌᥙ∪⋃ㄩꀎꓴꞟ𐓶𑣘𖽂μ",
    "v": "ʋƔνѵשᏉᐯ᥎√∨⋁ⴸꃴꓦꛟꮩ𐔝𑜆𑣀𖼈𝈍",
    "w": "ɯωώшщѡԝաฬᏇᏔᏯᗯᙎ₩山ꅏꓪꮃ𑜊𑜎𑜏𑣯",
    "x": "×χжхҲӼӾץጀᕁᕽ᙭ᚷ╳⤫⤬⨯Ⲭⵝ乂ꊼꓫꞳﾒ𐊐𐊴𐌗𐌢𐔧𑣬",
    "y": "ұҹ¥ɣΥγучүվאყᎩᎽᶌⲨㄚꌩꓬﾘ𐊲𑢤𑣜𖽃",
    "z": "ʒζзԅՀፚᘔ乙ꁴꓜꮓ𐋵𑢩𑣄",
}
