/** Starts a small network lab, prints where its namespaces and its folder are, and waits to be killed. */
import { startNetworkLab } from "../../../lab/network/lab";

const [, , dir = ""] = process.argv;
const size = { appHosts: 2, sites: 2, oldAddresses: 2, newAddresses: 2 };

void startNetworkLab({ dir, ...size }).then(({ hosts }) =>
  console.log(hosts.map(({ namespace }) => namespace).join(" ")),
);
