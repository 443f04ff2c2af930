import { contractSteps } from "../../../activities/host/port";
import { describeKills } from "./worker-kills";

describeKills(contractSteps);
