import { defineSignal } from "@temporalio/workflow";

/** A calendar was edited: whoever waits for a window asks again at once, instead of when the last answer ends. */
export const calendarChanged = defineSignal("calendarChanged");
