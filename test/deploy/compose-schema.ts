/**
 * The part of the Compose specification that docker-compose.yml uses, closed: a key that is misspelled or new to us is a
 * fault. No kept package carries the specification's own schema.
 */
const text = { type: "string", minLength: 1 };
const texts = { type: "array", items: text, minItems: 1 };
const textByName = { type: "object", additionalProperties: text };
const duration = { type: "string", pattern: "^(\\d+(h|m|s|ms|us))+$" };

const healthcheck = {
  type: "object",
  additionalProperties: false,
  required: ["test", "interval", "timeout", "retries"],
  properties: {
    test: {
      type: "array",
      items: text,
      minItems: 2,
      prefixItems: [{ enum: ["CMD", "CMD-SHELL"] }],
    },
    interval: duration,
    timeout: duration,
    retries: { type: "integer", minimum: 1 },
    start_period: duration,
  },
};

const dependsOn = {
  type: "object",
  additionalProperties: {
    type: "object",
    additionalProperties: false,
    required: ["condition"],
    properties: {
      condition: {
        enum: [
          "service_started",
          "service_healthy",
          "service_completed_successfully",
        ],
      },
    },
  },
};

const service = {
  type: "object",
  additionalProperties: false,
  required: ["image", "user", "environment", "restart"],
  properties: {
    build: text,
    cap_drop: texts,
    command: texts,
    depends_on: dependsOn,
    entrypoint: texts,
    environment: textByName,
    healthcheck,
    image: text,
    init: { type: "boolean" },
    networks: texts,
    ports: texts,
    read_only: { type: "boolean" },
    restart: {
      type: "string",
      pattern: "^(no|always|unless-stopped|on-failure(:\\d+)?)$",
    },
    secrets: texts,
    security_opt: texts,
    stop_grace_period: duration,
    tmpfs: texts,
    user: text,
    volumes: texts,
  },
};

export const composeSchema = {
  type: "object",
  additionalProperties: false,
  required: ["name", "services"],
  patternProperties: { "^x-": true },
  properties: {
    name: { type: "string", pattern: "^[a-z0-9][a-z0-9_-]*$" },
    services: { type: "object", additionalProperties: service },
    networks: { type: "object" },
    volumes: { type: "object" },
    secrets: {
      type: "object",
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["file"],
        properties: { file: text },
      },
    },
  },
};
