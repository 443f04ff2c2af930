import { describeSeeds } from "./seeds";

describeSeeds(50);
