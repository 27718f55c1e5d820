# SPDX-License-Identifier: BSD-3-Clause
"""Invitations: links and words that carry a role, signed; expired, forged, used and revoked ones."""

import os
import re
import subprocess
import unittest
from urllib.parse import unquote, urlsplit

from lib.observer import USER_REMOVE
from lib.process import clean_environment
from system.roles import RolesCase
from system.test_admin import Runner
from system.test_register import WRONG_SERVER_PASSWORD

AUTHENTICATE = 2
WORD = re.compile(r"inv-[a-z2-7]{53}")


class InviteCase(RolesCase, Runner):
    """How an invitation is made."""

    def invite(self, text="interpreter 2"):
        """By chat: the word."""
        return WORD.findall(self.says(self.mona, f"!invite {text}", "Invitation: ")[0])[0]

    def role_of(self, client):
        roles = self.json("meeting", "Asamblea", "roles")["roles"]
        return next((one["role"] for one in roles if one["name"] == client.name), None)


class InviteTest(InviteCase):
    """On a server without a password."""

    def test_link(self):
        link, word = self.admin("meeting", "Asamblea", "invite", "--role", "interpreter", "--for",
                                "7d").split()
        parts = urlsplit(link)
        self.assertEqual((parts.scheme, parts.username, parts.password, parts.port,
                          unquote(parts.path)),
                         ("mumble", "", word, self.server.port, "/Asamblea"))
        # As a client opens it: the word is the password.
        ana = self.client("By Link", password=parts.password)
        self.is_at(ana, self.floor)
        self.told(ana, "Asamblea", "intérprete")
        self.assertTrue(self.may_enter(ana, self.booth))
        self.told(self.mona, "By Link", "by an invitation")

    def test_link_with_our_own_client(self):
        link = self.admin("meeting", "Asamblea", "invite", "--role", "interpreter").split()[0]
        done = subprocess.run([os.environ["SUSURRO"], "join", link, "--silent", "--json", "--for", "1"],
                              capture_output=True, text=True, timeout=60, check=False,
                              env=clean_environment(self.directory, USER="linked"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Asamblea", done.stdout)
        self.told(self.mona, "by an invitation")

    def test_by_chat(self):
        answer = self.says(self.mona, "!invite interpreter 2", "Invitation: interpreter of Asamblea")
        self.assertRegex(answer[0], r"mumble://:inv-[a-z2-7]{53}@127\.0\.0\.1:\d+/Asamblea")
        ana = self.guest("By Chat")
        self.says(ana, f"!join {WORD.findall(answer[0])[0].upper()}", "Welcome to Asamblea",
                    "interpreter")
        self.is_at(ana, self.floor)
        self.assertTrue(self.may_enter(ana, self.booth))

    def test_in_spanish(self):
        self.mona.command("!lang es")
        word = WORD.findall(self.says(self.mona, "!invitar moderación 1", "Invitación: ")[0])[0]
        ana = self.guest("Con Palabra", "es")
        self.says(ana, f"!unirse {word}", "Te damos la bienvenida a Asamblea", "moderación")
        self.assertIn("Para la moderación", ana.command("!ayuda")[0])
        self.mona.command("!lang en")

    def test_by_access_token(self):
        word = self.invite()
        ana = self.client("By Token", login={"f3": ["other", word]})
        self.is_at(ana, self.floor)
        self.assertEqual(self.role_of(ana), "interpreter")
        berta = self.client("Later")
        berta.send(AUTHENTICATE, {3: [word]})
        berta.barrier()
        self.is_at(berta, self.floor)
        self.assertEqual(self.role_of(berta), "interpreter")

    def test_forged(self):
        word = self.invite()
        ana = self.guest("Forger")
        bad = [word[:-1] + ("a" if word[-1] != "a" else "b"), word[:4] + "d" + word[5:], word[:-1],
               word + "a", "inv-" + "a" * 53]
        for one in bad[:3]:  # more would make this host wait
            with self.subTest(one):
                self.answer(ana, f"!join {one}", "not valid here")
        for one in bad:
            client = self.client("Forger 2", password=one)
            self.assertNotEqual(client.here(), self.floor)
            client.close()
            self.mona.until(lambda: self.mona.user("Forger 2") is None, 5, "gone")
        self.assertFalse(self.may_enter(ana, self.booth))

    def test_single(self):
        word = self.invite("interpreter 2 1")
        ana = self.guest("First", certificate=self.certificates["Berta"])
        self.says(ana, f"!join {word}", "Welcome")
        berta = self.guest("Second")
        self.answer(berta, f"!join {word}", "somebody has used it")
        self.assertFalse(self.may_enter(berta, self.booth))
        # After a restart as well; and who has used it may use it again.
        self.restart()
        self.mona = self.guest("Mona")
        berta = self.guest("Second")
        self.answer(berta, f"!join {word}", "somebody has used it")
        ana = self.client("First", certificate=self.certificates["Berta"], login={"f3": [word]})
        self.assertEqual(self.role_of(ana), "interpreter")

    def test_two_at_once(self):
        word = self.invite("interpreter 2 1")
        both = [self.guest(name) for name in ("Race A", "Race B")]
        for client in both:
            client.say(f"!join {word}", client.here())
        for client in both:
            client.barrier()
        self.assertEqual(sorted(self.role_of(one) or "none" for one in both).count("interpreter"), 1)

    def test_revoked(self):
        word, single = self.invite(), self.invite("moderator 1 1")
        self.answer(self.mona, "!invite revoke", "have ended")
        ana = self.guest("Too Late")
        self.answer(ana, f"!join {word}", "not valid")
        self.answer(ana, f"!join {single}", "not valid")
        self.says(ana, f"!join {self.invite()}", "Welcome")
        self.assertIn("have ended", self.admin("meeting", "Asamblea", "revoke"))

    def test_kept_over_a_restart(self):
        word = self.invite("participant 1")
        self.restart()
        self.mona = self.guest("Mona")
        ana = self.guest("After")
        self.answer(ana, f"!join {word}", "Welcome", "participant")

    def test_a_moderators_word_is_stronger(self):
        """Who was made a participant stays one; nobody loses anything by an invitation."""
        word, low = self.invite(), self.invite("participant 1")
        ana = self.registered("Ana")
        self.mona.command("!participant Ana")
        self.answer(ana, f"!join {word}", "Your role: participant")
        self.assertFalse(self.may_enter(ana, self.booth))
        self.mona.command("!interpreter Ana")
        self.answer(ana, f"!join {low}", "Your role: interpreter")
        self.mona.command("!participant Ana")
        eva = self.guest("Guest E", certificate=self.certificates["Eva"])
        self.mona.command("!participant Guest E")
        eva = self.guest("Guest E", certificate=self.certificates["Eva"])
        self.answer(eva, f"!join {word}", "Your role: participant")

    def test_a_kick_gives_nothing_back(self):
        word = self.invite()
        eva = self.guest("Guest E", certificate=self.certificates["Eva"])
        self.mona.command("!participant Guest E")
        root = self.superuser()
        root.send(USER_REMOVE, {1: eva.session, 3: "enough"})
        eva.wait_closed()
        eva = self.guest("Guest E", certificate=self.certificates["Eva"])
        self.answer(eva, f"!join {word}", "Your role: participant")

    def test_bad_input(self):
        for text in ("", "king 3", "interpreter soon", "interpreter 0", "interpreter 99999",
                     "interpreter -1", "interpreter 2 2", "interpreter 1x", "revoke now"):
            with self.subTest(text):
                self.answer(self.mona, f"!invite {text}", "how many hours")
        ana = self.guest("Nobody")
        self.answer(ana, "!join", "not valid")

    def test_secrets_stay_secret(self):
        word = self.invite()
        ana = self.guest("Quiet")
        ana.command(f"!join {word}")
        self.client("Quiet 2", password=word)
        self.assertNotIn("inv-", self.server.process.log())

    def test_unprivileged(self):
        ana = self.guest("Plain")
        self.answer(ana, "!invite interpreter 1", "Only moderators")


class PasswordedServerTest(InviteCase):
    """serverpassword: an invitation stands in its place."""

    keys = {"serverpassword": "entrance"}

    def setUp(self):
        self.mona = self.client("Mona", password="entrance")
        self.mona.command("!lang en")
        self.floor, self.booth = (self.mona.channel(name)["channel_id"]
                                  for name in ("Asamblea", "Booth en-es"))

    def test_it_opens(self):
        word, single = self.invite(), self.invite("participant 1 1")
        self.assertEqual(self.refused("Ana", {"f2": "wrong"}), WRONG_SERVER_PASSWORD)
        ana = self.client("Ana", password=word)
        self.is_at(ana, self.floor)
        self.client("Berta", password=single)
        self.assertEqual(self.refused("Eva", {"f2": single}), WRONG_SERVER_PASSWORD)
        forged = word[:-1] + ("b" if word[-1] != "b" else "c")
        self.assertEqual(self.refused("Eva", {"f2": forged}), WRONG_SERVER_PASSWORD)
        self.mona.command("!invite revoke")
        self.assertEqual(self.refused("Eva", {"f2": word}), WRONG_SERVER_PASSWORD)


if __name__ == "__main__":
    unittest.main()
