"""Tables: what a column's plain-language header stands for, and a line of cells as a row of Meeting Guide JSON."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from bot.features.meetings.refusal import FeedRefused, Refusal

_NEEDED = ("name", "day", "time")

# The key of Meeting Guide JSON, and other headers that mean the same, in the site's language; blanks and marks do not count.
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "slug": "meeting_slug",
        "id": "meeting_id clave cle",
        "name": "meeting meeting_name title nombre nombre_de_la_reunion nom naam namn nome nazov reunion",
        "day": "days weekday day_of_week meeting_day dia dias dia_de_la_semana jour dag dia_da_semana den veckodag",
        "time": "start start_time starts begins meeting_time hora hora_de_inicio inicio heure heure_de_debut tijd tid cas horario",
        "end_time": "end ends end_at hora_de_fin hora_final fin heure_de_fin eindtijd sluttid koniec fim",
        "timezone": "time_zone tz zona_horaria fuseau_horaire tijdzone tidszon fuso_horario",
        "types": "type meeting_types tipos tipo typer typen typy",
        "formatted_address": "full_address whole_address direccion_completa adresse_complete",
        "address": "street street_address direccion calle adresse adres adress endereco rue",
        "city": "town municipality ciudad ville stad stadt cidade mesto",
        "state": "province state_province estado provincia",
        "postal_code": "zip zip_code zipcode postcode codigo_postal code_postal cp",
        "country": "pais pays land krajina",
        "latitude": "lat latitud",
        "longitude": "lng lon long longitud",
        "coordinates": "coords coordenadas coordonnees",
        "approximate": "approximate_location aproximado",
        "region": "area district_region region_name regio",
        "sub_region": "subregion sub_regions neighborhood neighbourhood",
        "regions": "",
        "location": "location_name venue place lugar ubicacion lieu locatie plats local",
        "location_notes": "venue_notes notas_del_lugar notas_de_ubicacion",
        "group": "group_name grupo groupe groep grupp",
        "group_notes": "notas_del_grupo",
        "notes": "note meeting_notes comments notas remarques",
        "conference_url": "online_url online_meeting_url zoom zoom_url zoom_link video_link url_de_conferencia enlace enlace_en_linea",
        "conference_url_notes": "online_notes conference_notes notas_de_conferencia",
        "conference_phone": "dial_in dial_in_number telefono_de_conferencia",
        "conference_phone_notes": "dial_in_notes",
        "attendance_option": "attendance asistencia",
        "url": "meeting_url page",
        "entity": "service_entity",
        "entity_url": "",
        "updated": "last_updated updated_at actualizado",
    }
)
_BY_HEADER: Mapping[str, str] = MappingProxyType(
    {**{other: key for key, others in _HEADERS.items() for other in others.split()}, **{key: key for key in _HEADERS}}
)


def _plain(header: object) -> str:
    """Small letters and digits, `_` between the words."""
    bare = unicodedata.normalize("NFD", str(header).replace("\ufeff", ""))
    letters = (sign if sign.isalnum() else " " for sign in bare.casefold() if not unicodedata.combining(sign))
    return "_".join("".join(letters).split())


def columns(header: Iterable[object]) -> dict[int, str]:
    """What the columns stand for: position to key. Unknown ones are left out; of two with the same meaning the first counts."""
    found: dict[int, str] = {}
    for position, cell in enumerate(header):
        key = _BY_HEADER.get(_plain(cell)) if cell is not None else None
        if key is not None and key not in found.values():
            found[position] = key
    names = set(found.values())
    if "slug" not in names:  # a sheet calls its key ID
        found = {position: "slug" if key == "id" else key for position, key in found.items()}
    if not names & {"formatted_address", "city", "state", "postal_code"}:  # the plugin calls a whole address Address
        found = {position: "formatted_address" if key == "address" else key for position, key in found.items()}
    return found


def checked(header: Iterable[object]) -> dict[int, str]:
    """`columns` of a table that can be a list of meetings.

    Raises:
        FeedRefused: name, day or time has no column: a renamed header would empty the whole list.
    """
    cells = list(header)
    found = columns(cells)
    missing = [name for name in _NEEDED if name not in found.values()]
    if missing:
        told = ", ".join(name.capitalize() for name in missing)
        raise FeedRefused(Refusal.TABLE, f"missing: {told}; its header says: {' | '.join(str(cell)[:30] for cell in cells[:12])}")
    return found


def item(columns_: Mapping[int, str], line: Sequence[object]) -> dict[str, object]:
    """One line of cells; shorter ones than the header have nothing in the rest."""
    found: dict[str, object] = {key: line[position] for position, key in columns_.items() if position < len(line)}
    regions = found.get("regions")
    if isinstance(regions, str):
        found["regions"] = [part.strip() for part in regions.split(">") if part.strip()]
    return found
