"""The language of a request: the page's, the remembered one, or what the browser asks for."""

import pytest

from tabs.languages.chosen import COOKIE, HEADER, language_of, translate, use_language


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN"),
        ({"accept-language": "zh"}, "zh-CN"),
        ({"accept-language": "zh-Hans-SG"}, "zh-CN"),
        ({"accept-language": "en-GB,zh;q=0.9"}, "en"),
        ({"accept-language": "fr-FR,zh;q=0.5,en;q=0.6"}, "en"),
        ({"accept-language": "de"}, "en"),
        ({"accept-language": "zh;q=0, de"}, "en"),
        ({"accept-language": "zh;q=nonsense,," + "x" * 9000}, "en"),
        ({"cookie": f"{COOKIE}=zh-CN", "accept-language": "en"}, "zh-CN"),
        ({"cookie": f"{COOKIE}=en", "accept-language": "zh-CN"}, "en"),
        ({"cookie": f"{COOKIE}=../../etc", "accept-language": "zh-CN"}, "zh-CN"),
        ({"cookie": "}{;;=\x00"}, "en"),
        ({HEADER: "zh-CN", "cookie": f"{COOKIE}=en"}, "zh-CN"),
        ({HEADER: "tlh"}, "en"),
    ],
)
def test_language_of(headers, language):
    assert language_of(headers) == language


def test_english_texts_stay_in_english():
    use_language("en")
    assert translate("Sample") == "Sample"
