"""Invented people of several locales: what real names look like to a column, without being anybody's.

Every name comes with the plain spelling that its owner would use in a mail address.
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """A name as written and as spelled in a mail address."""

    written: str
    plain: str


class Locale(NamedTuple):
    """Given and family names of one place, and how its addresses look."""

    given: tuple[Name, ...]
    family: tuple[Name, ...]
    family_first: bool
    cities: tuple[str, ...]
    street: str  # a format with {name} and {number}
    phone: str  # a prefix; digits follow


def _names(text: str) -> tuple[Name, ...]:
    """``written=plain`` words; without ``=`` the plain spelling is the lower-cased name."""
    pairs = (word.partition("=") for word in text.split())
    return tuple(Name(written, plain or written.lower()) for written, _, plain in pairs)


LOCALES: tuple[Locale, ...] = (
    Locale(
        _names("Maeve Rowan Tess Callum Ines Jude Orla Desmond"),
        _names("Ashdown Brackley Thornbury O'Carrick=ocarrick Winslade Pemberlow Hartnoll Quimby"),
        False,
        ("Wexbridge", "Harrow Sands", "Millcombe"),
        "{number} {name} Lane",
        "+44 1632 96",
    ),
    Locale(
        _names("Jörg=joerg Käthe=kaethe Sönke=soenke Ansgar Wiebke Björn=bjoern Liesel Torben"),
        _names("Müßig=muessig Schönewald=schoenewald Brückner=brueckner Grünhag=gruenhag Vossberg Kleinödt=kleinoedt"),
        False,
        ("Nieder-Röhrbach", "Altenwörth", "Fischbüll"),
        "{name}straße {number}",
        "+49 30 23125",
    ),
    Locale(
        _names("Zoé=zoe Anaïs=anais Loïc=loic Gaël=gael Béatrice=beatrice Théo=theo Maëlle=maelle François=francois"),
        _names(
            "Desrosières=desrosieres Lefèvrelle=lefevrelle D'Aubrac=daubrac Châtelmont=chatelmont Garçonet=garconet"
        ),
        False,
        ("Saint-Évrault", "Val-d'Orme", "Port-Gallène"),
        "{number} rue {name}",
        "+33 1 99 00 ",
    ),
    Locale(
        _names("Łucja=lucja Żaneta=zaneta Grzegorz Świętosław=swietoslaw Bożena=bozena Michał=michal Halina Wojciech"),
        _names("Brzęczek=brzeczek Źródlak=zrodlak Gąsiorny=gasiorny Świerczak=swierczak Ołtarzyk=oltarzyk"),
        False,
        ("Łąkowo", "Brzezin Dolny", "Żurawice"),
        "ul. {name} {number}",
        "+48 22 555 ",
    ),
    Locale(
        _names("陽菜乃=hinano 湊斗=minato 千聖=chisato 悠真=yuma 紬希=tsumugi 蒼空=sora"),
        _names("霧島田=kirishimada 白鳥沢=shiratorizawa 小鷹野=kotakano 雪村井=yukimurai 藤ノ瀬=fujinose"),
        True,
        ("霧ヶ浦市", "東白波町", "桜ノ宮村"),
        "{name}通り{number}番地",
        "+81 3 5550 ",
    ),
    Locale(
        _names("ريم=reem سلمان=salman ليان=layan طارق=tareq نوال=nawal هيثم=haitham"),
        _names("الزيتوني=alzaytuni المرساوي=almarsawi النخيلي=alnakhili البدراني=albadrani الغيثي=alghaithi"),
        False,
        ("وادي الورد", "مرسى الهلال", "النخلة"),
        "شارع {name} {number}",
        "+971 4 555 ",
    ),
    Locale(
        _names("João=joao Conceição=conceicao Thaís=thais Antônio=antonio Luísa=luisa Estêvão=estevao"),
        _names("Vilarinhão=vilarinhao Sant'Ambrósio=santambrosio Araçatuba=aracatuba Pinhões=pinhoes Quintão=quintao"),
        False,
        ("Vila Açude", "São Tibério", "Porto Lavrado"),
        "Rua {name}, {number}",
        "+55 11 5555-",
    ),
    Locale(
        _names("Оксана=oksana Мирослав=myroslav Їжакерій=yizhakeriy Ярина=yaryna Євген=yevhen Ґанна=ganna"),
        _names("Вербицюк=verbytsiuk Яворчак=yavorchak Щедрівко=shchedrivko Ґудзенюк=gudzeniuk Лозівник=lozivnyk"),
        False,
        ("Верболози", "Нова Явірка", "Щедрове"),
        "вул. {name}, {number}",
        "+380 44 555 ",
    ),
    Locale(
        _names("Şebnem=sebnem Çağrı=cagri İlkay=ilkay Gülşah=gulsah Oğuzhan=oguzhan Işıl=isil"),
        _names("Yıldızoğlu=yildizoglu Çınargil=cinargil Öztepeli=oztepeli Güneşçi=gunesci Şahinbey=sahinbey"),
        False,
        ("Çınarköy", "Gümüşdere", "Işıktepe"),
        "{name} Sokak No: {number}",
        "+90 212 555 ",
    ),
    Locale(
        _names("Nguyệt=nguyet Thắng=thang Hạnh=hanh Quỳnh=quynh Đức=duc Tuấn=tuan"),
        _names("Lương-Trạch=luongtrach Đoàn-Hải=doanhai Tạ-Phước=taphuoc Vũ-Kiệm=vukiem"),
        True,
        ("An Thủy Đông", "Lộc Sơn Hạ", "Bến Trúc"),
        "{number} đường {name}",
        "+84 24 5555 ",
    ),
)

COMPANIES = ("Lumenfold GmbH", "Atelier Vif SARL", "Północ Studio", "Kestrel & Finch Ltd", "Papaya Motion Lda")
