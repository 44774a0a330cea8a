/**
 * Where deliveries may go: to addresses that are anybody's to reach. Each address that a name has is checked in the
 * moment of connecting, and it is that address which is connected to: a name that changes its address in between gains
 * nothing (SSRF, DNS rebinding).
 */
import { lookup } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";

/** IANA's registries of special-purpose addresses: none of them is globally reachable. */
const SPECIAL: readonly [address: string, prefix: number][] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 9],
  ["ff00::", 8],
];

const special = new BlockList();
for (const [address, prefix] of SPECIAL) special.addSubnet(address, prefix, isIPv6(address) ? "ipv6" : "ipv4");

/** The code of the error that a look-up ends with where an address is not one to send to. */
export const NOT_PUBLIC = "ADDRESS_NOT_PUBLIC";

/** Whether an address is anybody's to reach; IPv4 inside IPv6 counts as the IPv4 address. */
export const isPublic = (address: string): boolean =>
  isIP(address) !== 0 && !special.check(address, isIPv6(address) ? "ipv6" : "ipv4");

/** Whether a URL names no address that is not public; a name may still have one. */
export function isPublicHost({ hostname }: URL): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) === 0 || isPublic(host);
}

/** Node's own look-up, which fails when one of the addresses is not public. */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, "", 0);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublic(address)))
      return callback(
        Object.assign(new Error("a name has an address that is not public"), { code: NOT_PUBLIC }),
        "",
        0,
      );
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};
