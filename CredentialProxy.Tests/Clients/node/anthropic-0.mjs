import * as sdk from "@anthropic-ai/sdk-0";
import { runAnthropic } from "./anthropic-steps.mjs";

await runAnthropic(sdk);
