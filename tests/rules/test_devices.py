import pytest

from edgeproxy.rules import devices

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/126.0.0.0"
AGENTS = [
    # Desktops
    ("desktop", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", "Chrome on Windows"),
    ("desktop", f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/126.0.0.0", "Edge"),
    ("desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Windows"),
    ("desktop", "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox on Linux"),
    (
        "desktop",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
        "Safari on a Mac, and on an iPad that asks for desktop pages",
    ),
    ("desktop", f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "a Chromebook"),
    (
        "desktop",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR 2.0.50727; Tablet PC 2.0)",
        "Windows with Tablet PC components",
    ),
    (
        "desktop",
        "Mozilla/5.0 (Windows NT 6.3; Trident/7.0; Touch; rv:11.0) like Gecko",
        "Internet Explorer with a touch screen",
    ),
    (
        "desktop",
        f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) {CHROME} Safari/537.36 Edg/126.0.0.0",
        "a console",
    ),
    # iOS
    (
        "ios mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
        "Mobile/15E148 Safari/604.1",
        "an iPhone",
    ),
    (
        "ios mobile",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 "
        "Mobile/15E148 Safari/604.1",
        "Chrome on an iPhone",
    ),
    (
        "ios mobile",
        "Mozilla/5.0 (iPod touch; CPU iPhone OS 12_5_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 "
        "Mobile/15E148 Safari/604.1",
        "an iPod touch",
    ),
    (
        "ios mobile tablet",
        "Mozilla/5.0 (iPad; CPU OS 12_5_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 "
        "Mobile/15E148 Safari/604.1",
        "an iPad",
    ),
    ("ios mobile", "MyApp/7 CFNetwork/1494.0.7 Darwin/23.4.0 (iPhone15,2; iOS 17.4)", "an app on an iPhone"),
    # Android phones
    ("android mobile", f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "an Android phone"),
    (
        "android mobile",
        f"Mozilla/5.0 (Linux; Android 14; SM-S928B) {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        "a Samsung phone",
    ),
    ("android mobile", "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox on an Android phone"),
    (
        "android mobile",
        "Opera/9.80 (Android; Opera Mini/36.2.2254/119.132; U; id) Presto/2.12.423 Version/12.16",
        "Opera Mini",
    ),
    (
        "android mobile",
        f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {CHROME} Mobile Safari/537.36 (compatible; Googlebot/2.1; "
        "+http://www.google.com/bot.html)",
        "the bot that plays a phone",
    ),
    # Android tablets
    ("android tablet", f"Mozilla/5.0 (Linux; Android 13; SM-X906C) {CHROME} Safari/537.36", "a Samsung tablet"),
    ("android tablet", f"Mozilla/5.0 (Linux; Android 12; Pixel Tablet Build/TQ3A) {CHROME} Safari/537.36", "a Pixel tablet"),
    ("android tablet", "Mozilla/5.0 (Android 13; Tablet; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox on an Android tablet"),
    (
        "android tablet",
        f"Mozilla/5.0 (Linux; Android 9; KFMAWI Build/PS7326) {WEBKIT} Silk/120.4.1 like Chrome/120.0.6099.230 Safari/537.36",
        "a Fire tablet",
    ),
    (
        "tablet",
        f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Silk/120.4.1 like Chrome/120.0.6099.230 Safari/537.36",
        "a Fire tablet that asks for desktop pages",
    ),
    (
        "tablet",
        "Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2+ (KHTML, like Gecko) Version/7.2.1.0 "
        "Safari/536.2+",
        "a PlayBook",
    ),
    (
        "tablet",
        "Mozilla/5.0 (Linux; U; en-US) AppleWebKit/528.5+ (KHTML, like Gecko, Safari/528.5+) Version/4.0 Kindle/3.0",
        "a Kindle",
    ),
    # Other phones
    (
        "mobile",
        "Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; "
        "Lumia 520) like iPhone OS 7_0_3 Mac OS X AppleWebKit/537 (KHTML, like Gecko) Mobile Safari/537",
        "a Windows phone that names Android and the iPhone",
    ),
    (
        "mobile",
        "Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 Mobile Safari/537.10+",
        "a BlackBerry",
    ),
    ("mobile", "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "KaiOS"),
    ("mobile", "Mozilla/5.0 (Mobile; rv:26.0) Gecko/26.0 Firefox/26.0", "Firefox OS"),
    # Televisions
    (
        "smarttv",
        "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
        "a Samsung television",
    ),
    ("smarttv", f"Mozilla/5.0 (Web0S; Linux/SmartTV) {CHROME} Safari/537.36 WebAppManager", "an LG television"),
    (
        "smarttv",
        "HbbTV/1.4.1 (+DRM; Panasonic; VIERA 2016; 4.007; 6201-1103; ) ",
        "HbbTV",
    ),
    ("smarttv", "Roku4640X/DVP-7.70 (297.70E04154A)", "a Roku"),
    ("smarttv", "AppleTV11,1/11.1", "an Apple TV"),
    ("smarttv", f"Mozilla/5.0 (X11; Linux armv7l) {CHROME} Safari/537.36 CrKey/1.54.250320", "a Chromecast"),
    (
        "android smarttv",
        f"Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1) {CHROME} Safari/537.36",
        "a Sony television on Android",
    ),
    (
        "android smarttv",
        f"Mozilla/5.0 (Linux; Android 7.1.2; AFTMM Build/NS6265; wv) {WEBKIT} Version/4.0 Chrome/70.0.3538.110 Safari/537.36",
        "a Fire TV stick",
    ),
    # Neither
    ("desktop", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "a bot"),
    ("desktop", "curl/8.5.0", "curl"),
    ("desktop", "python-requests/2.32.3", "a library"),
    ("desktop", "Amazon CloudFront", "another distribution in front"),
    ("desktop", "", "no User-Agent"),
    ("desktop", "\x7fé" * 100, "rubbish"),
]


@pytest.mark.parametrize(("expected", "agent"), [pytest.param(expected, agent, id=name) for expected, agent, name in AGENTS])
def test_what_a_user_agent_is_taken_for(expected, agent):
    assert devices.tell(agent) == set(expected.split())


@pytest.mark.parametrize("agent", [pytest.param(agent, id=name) for _, agent, name in AGENTS])
def test_case_does_not_count(agent):
    assert devices.tell(agent.upper()) == devices.tell(agent.lower()) == devices.tell(agent)


def test_every_token_can_be_found():
    tokens = (devices.SMARTTV, devices.IOS, devices.ANDROID, devices.TABLET, devices.NO_TABLET, devices.MOBILE)
    assert [token for group in tokens for token in group if token != token.lower()] == []


def test_what_is_remembered_is_bounded():
    for number in range(1000):
        devices.tell(f"agent {number}")
    assert devices.tell.cache_info().currsize <= 256
