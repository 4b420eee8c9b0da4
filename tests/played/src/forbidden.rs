//! Addresses to which no request may go, in every form in which an address can be written.

use std::net::Ipv4Addr;

/// Addresses of this machine, of its network, and of nobody.
pub const V4: [[u8; 4]; 24] = [
    [0, 0, 0, 0],
    [0, 1, 2, 3],
    [10, 0, 0, 1],
    [10, 255, 255, 255],
    [100, 64, 0, 1],
    [100, 127, 255, 254],
    [127, 0, 0, 1],
    [127, 0, 0, 2],
    [127, 255, 255, 254],
    [168, 63, 129, 16],
    [169, 254, 169, 254],
    [169, 254, 170, 2],
    [172, 16, 0, 1],
    [172, 31, 255, 255],
    [192, 0, 0, 192],
    [192, 0, 2, 1],
    [192, 88, 99, 1],
    [192, 168, 0, 1],
    [198, 18, 0, 1],
    [198, 51, 100, 1],
    [203, 0, 113, 1],
    [224, 0, 0, 1],
    [240, 0, 0, 1],
    [255, 255, 255, 255],
];

/// The same for IPv6, as hosts.
pub const V6: [&str; 24] = [
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::0001]",
    "[::2]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:10::1]",
    "[2001:20::1]",
    "[2001:db8::1]",
    "[2001:DB8:FFFF::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[4000::1]",
    "[e000::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd12:3456:789a::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
];

/// Names that lead into one's own machine or network by what they are.
pub const NAMES: [&str; 14] = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "LocalHost.localdomain",
    "router.local",
    "metadata",
    "metadata.",
    "metadata.google.internal",
    "metadata.azure.com",
    "instance-data.ec2.internal",
    "host.docker.internal",
    "kubernetes.docker.internal",
    "printer.home.arpa",
];

/// The URLs of the corpus, all at this port.
pub fn urls(port: u16) -> Vec<String> {
    let literals = V4.iter().flat_map(|octets| forms(*octets));
    let others = V6.iter().chain(&NAMES).map(|host| (*host).to_owned());
    let hosts = literals.chain(others);
    hosts.map(|host| format!("http://{host}:{port}/hook?token=canary")).collect()
}

/// The URLs of addresses that are refused for their look, wherever they lead.
pub fn urls_that_are_none(port: u16) -> Vec<String> {
    let port = format!("{port}");
    [
        "http://ann@127.0.0.1:PORT/",
        "http://ann:word@127.0.0.1:PORT/",
        "http://example.com@127.0.0.1:PORT/",
        "http://127.0.0.1:PORT@example.com/",
        "http://example.com%40127.0.0.1:PORT/",
        "http://[fe80::1%25eth0]:PORT/",
        "http://[fe80::1%eth0]:PORT/",
        "http://[::1%25lo]:PORT/",
        "http://[::ffff:127.0.0.1%25lo]:PORT/",
        "http://127.0.0.1:PORT:80/",
        "http://127.0.0.1 .example.com:PORT/",
        "ftp://127.0.0.1:PORT/",
        "file://127.0.0.1:PORT/etc/passwd",
        "gopher://127.0.0.1:PORT/_GET",
        "dict://127.0.0.1:PORT/stat",
        "unix:///var/run/docker.sock",
        "jar:http://127.0.0.1:PORT/!/",
        "//127.0.0.1:PORT/",
        "127.0.0.1:PORT",
        "http:127.0.0.1:PORT/",
        "javascript:alert(1)",
        "data:text/plain,hello",
    ]
    .map(|url| url.replace("PORT", &port))
    .to_vec()
}

/// Every form in which an IPv4 address can stand in a URL.
fn forms(octets: [u8; 4]) -> Vec<String> {
    let [a, b, c, d] = octets;
    let dotted = Ipv4Addr::from(octets).to_string();
    let number = u32::from_be_bytes(octets);
    let (high, low) = (number >> 16, number & 0xffff);
    let wide: String = dotted.chars().map(|it| if it == '.' { it } else { wide(it) }).collect();
    let coded: Vec<String> = dotted.bytes().map(|byte| format!("%{byte:02x}")).collect();
    vec![
        format!("{dotted}."),
        format!("{number}"),
        format!("{number:#x}"),
        format!("0X{number:08X}"),
        format!("0{number:o}"),
        format!("0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{b}.{low}"),
        format!("{a}.{}", number & 0x00ff_ffff),
        dotted.replace('.', "\u{3002}"),
        wide,
        coded.concat(),
        format!("[::ffff:{dotted}]"),
        format!("[::FFFF:{high:x}:{low:x}]"),
        format!("[0:0:0:0:0:ffff:{high:x}:{low:x}]"),
        format!("[::{dotted}]"),
        format!("[64:ff9b::{dotted}]"),
        format!("[2002:{high:x}:{low:x}::1]"),
        dotted,
    ]
}

/// The digit as East Asian typography has it, which names of hosts are read as plain ones.
fn wide(digit: char) -> char {
    char::from_u32(u32::from(digit) - u32::from('0') + 0xff10).unwrap_or(digit)
}
