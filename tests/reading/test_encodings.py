"""Texts of many languages in their usual encodings are recognized; what is not sure is admitted."""

# ruff: noqa: RUF001

from __future__ import annotations

import random

import pytest

from embedlab.core.errors import InputError
from embedlab.reading.encoding_likelihoods import high_words
from embedlab.reading.encodings import detected_encoding

SENTENCES = {
    "polish": ("Zażółć gęślą jaźń. Łukasz święta żółć ćma", "cp1250", "iso8859-2"),
    "czech": ("Příliš žluťoučký kůň úpěl ďábelské ódy. Šťastný řidič", "cp1250", "iso8859-2"),
    "hungarian": ("Árvíztűrő tükörfúrógép, hűség és szépség őrült", "cp1250"),
    "romanian": ("Înţelegere şi fraţi, ştiinţă, pâine şi mămăligă", "cp1250"),
    "croatian": ("Čovječe, šuma đak žaba ćuk šećer", "cp1250"),
    "turkish": ("Işık güneş çiçek öğretmen İstanbul şimdi bugün değil", "cp1254"),
    "lithuanian": ("Ąžuolas žąsis šuo ėmė ūkis įėjo kūrė", "cp1257"),
    "latvian": ("Rīga ir skaista pilsēta, šķiņķis, ģimene, ņēma", "cp1257"),
    "russian": ("Привет мир, это очень хорошая книга о войне", "cp1251", "koi8-r", "cp866"),
    "ukrainian": ("Їжак і кіт їли пиріг, є ще щось у хаті", "cp1251", "koi8-u"),
    "german": ("Schöne Grüße, Straße, für Öl und Äpfel", "cp1252"),
    "french": ("Le café était fermé, où étaient les élèves? Noël, cœur", "cp1252"),
    "spanish": ("El niño comió pingüino ¿cómo? ¡sí!", "cp1252"),
    "portuguese": ("São Paulo não é a capital, informações às mães", "cp1252"),
    "icelandic": ("Það er gott að þú ert hér, ég á hús", "cp1252"),
    "english-quotes": ("It’s a “nice” day – really… £5 not 20°", "cp1252"),
    "greek": ("Καλημέρα κόσμε, πώς είσαι σήμερα", "cp1253"),
    "arabic": ("مرحبا بالعالم هذا كتاب جيد جدا", "cp1256"),
    "thai": ("สวัสดีชาวโลก หนังสือดีมาก", "tis_620"),
    "chinese": ("你好世界，这是一本很好的书，我喜欢它。", "gb18030"),
    "traditional-chinese": ("你好世界，這是一本很好的書，我喜歡它。", "big5"),
    "japanese": ("こんにちは世界、これはとても良い本です。東京へ行きました", "shift_jis", "euc_jp"),
    "korean": ("안녕하세요 세계, 이것은 아주 좋은 책입니다", "euc_kr"),
}
CASES = [
    pytest.param(text, encoding, id=f"{language}-{encoding}")
    for language, (text, *encodings) in SENTENCES.items()
    for encoding in encodings
]


@pytest.mark.parametrize(("text", "encoding"), CASES)
def test_a_sentence_is_read_as_it_was_written(text, encoding):
    # As in a table: lines of ASCII around it.
    data = b"id,text\n1,plain words only\n2," + text.encode(encoding) + b"\n3,more plain words\n"
    assert text in data.decode(detected_encoding(data).name)


@pytest.mark.parametrize(
    ("word", "encodings"),
    [
        pytest.param("Łukasz".encode("cp1250"), {"cp1250", "cp1252"}, id="one-polish-name"),
        pytest.param("şimdi değil".encode("cp1254"), {"cp1252", "cp1254"}, id="two-turkish-words"),
    ],
)
def test_few_letters_do_not_tell_the_encoding(word, encodings):
    detected = detected_encoding(word + b" and plain words\n")
    assert not detected.is_sure
    assert encodings <= set(detected.samples)
    assert next(iter(detected.samples)) == detected.name
    assert len(set(detected.samples.values())) == len(detected.samples)


@pytest.mark.parametrize("text", ["plain", "naïve idea", "café"], ids=["ascii", "one-accent", "cafe"])
def test_common_words_are_no_question(text):
    assert detected_encoding(text.encode("cp1252")).is_sure
    assert detected_encoding(text.encode("utf-8")).name == "utf-8"


def test_a_long_text_is_sure():
    text = " ".join(text for text, *_ in [SENTENCES["polish"]] * 50)
    assert detected_encoding(text.encode("cp1250")).confidence > 0.99


def test_a_few_control_characters_are_text_and_many_are_binary():
    assert detected_encoding(b"\x01\x02" * 3 + b"plain words\n" * 20).name == "utf-8"
    with pytest.raises(InputError, match="binary"):
        detected_encoding(b"\x01\x02\x03 plain" * 100)


def test_random_bytes_are_binary():
    with pytest.raises(InputError, match="binary"):
        detected_encoding(random.Random(0).randbytes(100_000))


def test_the_work_is_bounded_for_any_number_of_words():
    data = b" ".join(bytes([200 + n % 50]) * (n % 300 + 1) for n in range(2000))
    assert detected_encoding(data[: 256 * 1024]).name


def test_a_long_word_without_accents_takes_linear_time():
    # In quadratic time this takes minutes.
    assert high_words(b"a" * 2_000_000 + b" caf\xe9") == [b"caf\xe9"]
