import { describeSeeds } from "./seeds";

describeSeeds(10);
