"""Sellers and buyers of the gallery. Every name and number is made up; check digits are right."""

from __future__ import annotations

from billing.core.document import Address, BankAccount, Party
from billing.core.document_building import Buyer, Seller

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 48">'
    '<path d="M24 3l6.2 13.6L45 18.3 34 28.4l3 14.6-13-7.4L11 43l3-14.6L3 18.3l14.8-1.7z" fill="#0b6e4f"/>'
    '<path d="M56 40V26h7v14zm13 0V18h7v22zm13 0V8h7v32z" fill="#7bc29a"/></svg>'
)

BERLIN = Seller(
    Party(
        "Nordlicht Software GmbH",
        Address("DE", "Torstraße 140", "", "10119", "Berlin"),
        tax_id="DE136695976",
        registration="HRB 123456 B, Amtsgericht Charlottenburg",
        email="rechnung@nordlicht.example",
        phone="+49 30 1234567",
        endpoint="9930:DE136695976",
    ),
    BankAccount("DE89370400440532013000", "COBADEFFXXX"),
)
ZURICH = Seller(
    Party(
        "Alpenblick Cloud AG",
        Address("CH", "Bahnhofstrasse 21", "", "8001", "Zürich"),
        tax_id="CHE-123.456.788 MWST",
        email="billing@alpenblick.example",
        endpoint="9927:CHE123456788",
    ),
    BankAccount("CH9300762011623852957"),
)
ZURICH_QR = Seller(ZURICH.party, BankAccount("CH4431999123000889012"))
PARIS = Seller(
    Party(
        "Lumière SaaS SAS",
        Address("FR", "12 rue de la Paix", "", "75002", "Paris"),
        tax_id="FR40303265045",
        registration="303 265 045",
        email="factures@lumiere.example",
        endpoint="9957:FR40303265045",
    ),
    BankAccount("FR1420041010050500013M02606"),
)
AUSTIN = Seller(
    Party(
        "Lone Star Analytics, Inc.",
        Address("US", "500 Congress Avenue", "Suite 300", "78701", "Austin", "Texas"),
        registration="EIN 12-3456789",
        email="billing@lonestar.example",
    )
)
LONDON = Seller(
    Party(
        "Thames Data Ltd",
        Address("GB", "1 Canada Square", "", "E14 5AB", "London"),
        tax_id="GB980780684",
        registration="01234567",
        email="accounts@thames.example",
        endpoint="9932:GB980780684",
    ),
    BankAccount("GB29NWBK60161331926819", "NWBKGB2L"),
)
TOKYO = Seller(
    Party(
        "株式会社さくらクラウド",
        Address("JP", "丸の内一丁目9番1号", "", "100-0005", "東京都千代田区"),
        tax_id="T1234567890123",
        email="seikyu@sakura.example",
    )
)
DUBAI = Seller(
    Party(
        "شركة النخلة للتقنية",
        Address("AE", "شارع الشيخ زايد 45", "", "", "دبي"),
        tax_id="100123456700003",
        email="billing@nakhla.example",
    ),
    BankAccount("AE070331234567890123456"),
)
KUWAIT = Seller(
    Party(
        "Gulf Metering W.L.L.",
        Address("KW", "Fahad Al-Salem Street 7", "", "15300", "Kuwait City"),
        "KW-77120",
    )
)
MILAN = Seller(
    Party(
        "Duomo Servizi S.r.l.",
        Address("IT", "Via Torino 2", "", "20123", "Milano", "MI"),
        tax_id="IT00743110157",
        email="fatture@duomo.example",
    ),
    BankAccount("IT60X0542811101000000123456"),
)
MADRID = Seller(
    Party(
        "Retiro Digital S.L.",
        Address("ES", "Calle de Alcalá 50", "", "28014", "Madrid"),
        tax_id="ESB58378431",
        email="facturas@retiro.example",
        endpoint="9920:ESB58378431",
    )
)

HAMBURG_BUYER = Buyer(
    Party(
        "Elbe Maschinenbau KG",
        Address("DE", "Hafenstraße 7", "Einkauf", "20457", "Hamburg"),
        tax_id="DE811193231",
        email="einkauf@elbe.example",
        endpoint="0204:991-12345-67",
    ),
    "de_DE",
    "Europe/Berlin",
    order="4500012345",
    reference="991-12345-67",
)
GENEVA_BUYER = Buyer(
    Party("Horlogerie du Lac SA", Address("CH", "Quai du Mont-Blanc 3", "", "1201", "Genève")),
    "fr_CH",
    "Europe/Zurich",
)
BERN_BUYER = Buyer(
    Party("Bärengraben Verlag AG", Address("CH", "Kramgasse 49", "", "3011", "Bern")),
    "de_CH",
    "Europe/Zurich",
)
CHICAGO_BUYER = Buyer(
    Party("Lakeshore Robotics LLC", Address("US", "233 S Wacker Drive", "", "60606", "Chicago", "Illinois")),
    "en_US",
    "UTC",
)
LEEDS_BUYER = Buyer(
    Party(
        "Headingley Press Ltd", Address("GB", "14 Otley Road", "", "LS6 2AD", "Leeds"), endpoint="9932:GB123"
    ),
    "en_GB",
    "Europe/London",
    order="PO-2026-0815",
)
OSAKA_BUYER = Buyer(
    Party("大阪精密機械株式会社", Address("JP", "北区梅田三丁目1番3号", "", "530-0001", "大阪府大阪市")),
    "ja_JP",
    "Asia/Tokyo",
)
RIYADH_BUYER = Buyer(
    Party(
        "مؤسسة الواحة التجارية",
        Address("AE", "طريق الكورنيش 12", "", "", "أبو ظبي"),
        tax_id="100987654300003",
    ),
    "ar_AE",
    "Asia/Dubai",
)
DUBLIN_BUYER = Buyer(
    Party(
        "Liffey Games Ltd",
        Address("IE", "5 Custom House Quay", "", "D01 Y8N9", "Dublin"),
        tax_id="IE6388047V",
        email="ap@liffey.example",
        endpoint="9935:IE6388047V",
    ),
    "en_IE",
    "Europe/Dublin",
)
KUWAIT_BUYER = Buyer(
    Party("Desert Rose Trading Co.", Address("KW", "Salmiya Block 4", "", "22001", "Salmiya")),
    "en",
    "Asia/Kuwait",
)
TURIN_BUYER = Buyer(
    Party(
        "Officine Mole S.p.A.",
        Address("IT", "Corso Francia 10", "", "10138", "Torino", "TO"),
        "IT01234567897",
    ),
    "it_IT",
    "Europe/Rome",
)
SEVILLE_BUYER = Buyer(
    Party("Azulejos Triana S.L.", Address("ES", "Calle Betis 20", "", "41010", "Sevilla"), "ESA13585625"),
    "es_ES",
    "Europe/Madrid",
)
VIENNA_BUYER = Buyer(
    Party("Prater Events GmbH", Address("AT", "Praterstraße 1", "", "1020", "Wien"), "ATU13585627"),
    "de_AT",
    "Europe/Vienna",
)
