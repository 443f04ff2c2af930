import { describeKills } from "./worker-kills";

// The steps that change a host; the nightly tier has them all.
describeKills(["drain", "apply", "restart"]);
