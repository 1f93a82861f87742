import * as sdk from "@anthropic-ai/sdk";
import { runAnthropic } from "./anthropic-steps.mjs";

await runAnthropic(sdk);
