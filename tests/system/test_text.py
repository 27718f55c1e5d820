# SPDX-License-Identifier: BSD-3-Clause
"""Texts: what may be written with and without HTML, and how long; to listeners; trees and rights."""

from lib import protobuf
from system.case import SystemTest
from system.client import DENIED_PERMISSION, DENIED_TEXT_TOO_LONG, TEXT_MESSAGE
from system.speech import TEXT_RIGHT, SpeechTest


def texts(frames):
    """(actor, text) of each text of a person among these."""
    return [(protobuf.last(fields, 1), protobuf.text(fields, 5)) for kind, fields in frames
            if kind == TEXT_MESSAGE and 1 in fields]


class LengthTest(SpeechTest):
    """Longer than words may be only with pictures, and only as sound XML."""

    keys = {"textmessagelength": 50, "imagemessagelength": 400}

    def test_rows(self):
        image = "<img src='data:image/png;base64,%s'/>"
        for message, is_sent in (
                ("x" * 50, True), ("x" * 51, False), ("ñ" * 50, True), ("\U0001F3A7" * 26, False),
                (image % ("A" * 300), True), (image % ("A" * 400), False),
                (image % ("A" * 300) + "x" * 30, True), (image % ("A" * 300) + "x" * 60, False),
                (image % ("A" * 100) * 2 + "<b>both</b>", True),
                ("<b>" + image % ("A" * 100), False),  # not closed
                ("<IMG SRC='%s'/>" % ("A" * 100), False), ("<a src='%s'/>" % ("A" * 100), False),
                ("1 < 2 " + image % ("A" * 100), False), ("&nbsp;" + image % ("A" * 100), False),
                ("<b>" * 17, False), ("<b>unclosed", True)):
            with self.subTest(message):
                self.berta.barrier()
                denied = self.ana.denied(self.ana.ask(TEXT_MESSAGE, {3: 0, 5: message}))
                self.assertEqual(texts(self.berta.barrier()),
                                 [(self.ana.session, message)] if is_sent else [])
                self.assertEqual([one[0] for one in denied],
                                 [] if is_sent else [DENIED_TEXT_TOO_LONG])

    def test_not_utf8(self):
        self.berta.barrier()
        self.assertEqual(self.ana.ask(TEXT_MESSAGE, {3: 0, 5: b"a\xffb"}), [])
        self.assertEqual(texts(self.berta.barrier()), [])


class PlainTest(SpeechTest):
    """Without HTML: tags go, what is no XML is shown as it was written."""

    keys = {"allowhtml": "false", "textmessagelength": 50}

    def test_rows(self):
        for message, heard in (
                ("plain", "plain"), ("  a \n\t b\u00a0 c ", "a b c"), ("a &amp; b", "a &amp; b"),
                ("<b>bold</b> <i>x</i>", "bold x"), ("one<br/>two<p>three</p>four", "one twothree four"),
                ("<b>1 &lt; 2 &amp; 3</b>", "1 &lt; 2 &amp; 3"), ("1 < 2", "1 &lt; 2"),
                ("<b>open", "&lt;b&gt;open"), ("<a href='javascript:x'>y</a>", "y"),
                ("<img src='%s'/>short" % ("A" * 300), "short"), ("<b></b>", None),
                (" \n ", None), ("<script>alert(1)</script>", "alert(1)")):
            with self.subTest(message):
                self.berta.barrier()
                self.assertEqual(self.ana.ask(TEXT_MESSAGE, {3: 0, 5: message}), [])
                self.assertEqual(texts(self.berta.barrier()),
                                 [(self.ana.session, heard)] if heard else [])
        denied = self.ana.denied(self.ana.ask(TEXT_MESSAGE, {3: 0, 5: "<b>" + "x" * 51 + "</b>"}))
        self.assertEqual([one[0] for one in denied], [DENIED_TEXT_TOO_LONG])


class RouteTest(SpeechTest):
    """Sala with Hija and Nieta beneath."""

    def setUp(self):
        super().setUp()
        self.root = self.superuser()
        self.sala = self.make_channel(self.root, "Sala")
        self.hija = self.make_channel(self.root, "Hija", self.sala)
        self.nieta = self.make_channel(self.root, "Nieta", self.hija)
        self.clara, self.dora = self.client("Clara"), self.client("Dora")
        for client, channel in ((self.berta, self.sala), (self.clara, self.hija),
                                (self.dora, self.nieta)):
            client.join(channel)

    def assert_reaches(self, fields, *names, denied=()):
        for client in (self.berta, self.clara, self.dora):
            client.barrier()
        frames = self.ana.ask(TEXT_MESSAGE, {**fields, 5: "hola"})
        self.assertEqual(self.ana.denied(frames), list(denied))
        reached = [one.name for one in (self.berta, self.clara, self.dora)
                   if texts(one.barrier()) == [(self.ana.session, "hola")]]
        self.assertEqual(reached, list(names), fields)

    def test_listeners(self):
        self.assert_reaches({3: self.sala}, "Berta")
        self.dora.change(f21=[self.sala, self.hija])
        self.assert_reaches({3: self.sala}, "Berta", "Dora")
        self.assert_reaches({3: [self.sala, self.hija, self.nieta], 2: self.dora.session},
                            "Berta", "Clara", "Dora")
        self.assert_reaches({4: self.nieta}, "Dora")
        self.berta.change(f21=self.nieta)
        self.assert_reaches({4: self.hija}, "Berta", "Clara", "Dora")
        self.dora.change(f22=[self.sala, self.hija])
        self.assert_reaches({3: self.sala}, "Berta")

    def test_rights(self):
        self.assert_reaches({4: self.sala}, "Berta", "Clara", "Dora")
        self.rule(self.root, self.hija, deny=TEXT_RIGHT)  # and beneath
        refusal = (DENIED_PERMISSION, TEXT_RIGHT, self.hija)
        self.assert_reaches({4: self.sala}, "Berta")
        self.assert_reaches({4: self.hija}, denied=[refusal])
        self.assert_reaches({3: [self.sala, self.hija]}, denied=[refusal])
        self.assert_reaches({2: [self.berta.session, self.clara.session]}, denied=[refusal])
        self.rule(self.root, self.nieta, grant=TEXT_RIGHT)
        self.assert_reaches({4: self.sala}, "Berta")  # a tree stops where one may not write
        self.assert_reaches({3: self.nieta}, "Dora")


class FloodTest(SystemTest):
    """What is too much is not lost without a word, and a mute sign not at all."""

    keys = {"messagelimit": 1, "messageburst": 5}

    def said(self, client):
        return [protobuf.text(fields, 5) for fields in client.kinds(TEXT_MESSAGE) if 1 not in fields]

    def test_told(self):
        ana, berta = self.client("Ana"), self.client("Berta")
        for i in range(300):
            ana.send(TEXT_MESSAGE, {3: 0, 5: f"number {i}"})
        ana.barrier()
        self.assertLessEqual(len([one for one in self.said(ana) if "too fast" in one]), 2)
        self.assertIn("too fast", " ".join(self.said(ana)))
        self.assertFalse([one for one in self.said(berta) if "too fast" in one])

    def test_mute_and_unmute(self):
        """The last one counts, at the client's next ping at the latest."""
        iris, berta = self.client("Iris"), self.client("Bea")
        for i in range(5):  # the burst ends with a mute microphone and deaf ears
            iris.send(9, {10: 1 - i % 2})
        for _ in range(20):
            iris.send(9, {9: 1})
            iris.send(9, {9: 0})
        iris.barrier()
        self.assertFalse([one for one in self.said(iris) if "too fast" in one])

        def is_open():
            iris.barrier()  # is a ping
            berta.barrier()
            sign = berta.users[iris.session]
            return not sign.get("self_mute") and not sign.get("self_deaf")
        iris.until(is_open, 15, "neither mute nor deaf")
