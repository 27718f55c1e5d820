# SPDX-License-Identifier: BSD-3-Clause
"""The small world in which exchanges take place: three registered people, ten channels, their rights.

It is made through the protocol, on each server by itself.
"""

from interop.compare.exchange import acl, channel, entry, group, login, state

WRITE, TRAVERSE, ENTER, SPEAK, MUTE_DEAFEN, MOVE = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
MAKE, LINK, WHISPER, TEXT, MAKE_TEMPORARY, LISTEN = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
KICK, BAN, REGISTER, SELF_REGISTER, RESET_CONTENT = 0x10000, 0x20000, 0x40000, 0x80000, 0x100000

(ROOT, SALA, UNO, DOS, JARDIN, CERRADA, MUDA, GRUPO, HONDA, LARGA, LLENA) = range(11)
ANA, BERTA, CARLA = 1, 2, 3  # registered, by certificate; Ana is an admin
LONG_TEXT = "<b>Una descripción larga</b> " + "de muchas palabras " * 12
PASSWORD = "very secret"

# Who can be in a cast: name, whose certificate, password.
PEOPLE = {
    "super": ("SuperUser", None, PASSWORD),
    "ana": ("Ana", "ana", ""),
    "berta": ("Berta", "berta", ""),
    "carla": ("Carla", "carla", ""),
    "dora": ("Dora", "dora", ""),  # has a certificate, is not registered
    "eva": ("Eva", None, ""),  # has none
    "fina": ("Fina", "fina", ""),
    "gema": ("Gema", None, ""),
}
CERTIFICATES = ("ana", "berta", "carla", "dora", "fina")

BUILD = (
    login("super"), login("ana"), login("berta"), login("carla"),
    state("ana", user_id=0), state("berta", user_id=0), state("carla", user_id=0),
    channel("super", parent=ROOT, name="Sala", description="Una sala", position=3),
    channel("super", parent=SALA, name="Uno"),
    channel("super", parent=SALA, name="Dos"),
    channel("super", parent=ROOT, name="Jardín"),
    channel("super", parent=ROOT, name="Cerrada"),
    channel("super", parent=ROOT, name="Muda"),
    channel("super", parent=ROOT, name="Grupo"),
    channel("super", parent=GRUPO, name="Honda"),
    channel("super", parent=ROOT, name="Larga", description=LONG_TEXT),
    channel("super", parent=ROOT, name="Llena", max_users=1),
    channel("super", UNO, links_add=[DOS]),
    acl("super", ROOT, group("admin", add=[ANA]), entry("admin", grant=WRITE),
        entry("auth", grant=MAKE_TEMPORARY), entry("all", grant=SELF_REGISTER, subs=False)),
    acl("super", CERRADA, entry("all", deny=ENTER, subs=False),
        entry("#llave", grant=ENTER | SPEAK | WHISPER | TEXT | LINK, subs=False)),
    acl("super", MUDA, entry("all", deny=SPEAK)),
    acl("super", GRUPO, group("equipo", add=[BERTA]), entry("all", deny=TEXT | WHISPER),
        entry("equipo", grant=MAKE | MOVE | MUTE_DEAFEN)),
    acl("super", HONDA, entry("auth", grant=LINK), inherit=False),
)
