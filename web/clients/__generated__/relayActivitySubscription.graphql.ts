/**
 * @generated SignedSource<<968e487ad972f511d72dd116efc42e2f>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
export type ActivityKind = "ASSIGNMENT_BEGUN" | "ASSIGNMENT_ENDED" | "CURRENT" | "GOAL_PROGRESS" | "HEARTBEAT" | "LINK_BEGUN" | "LINK_ENDED" | "NUDGE_OPENED" | "NUDGE_SENT" | "OVERRIDE_MADE" | "OVERRIDE_REVERTED" | "PRACTICE_ASSIGNED" | "PRACTICE_COMPLETED" | "PRACTICE_REVIEWED" | "PROGRESS_CHANGED" | "QUESTION_ANSWERED" | "QUESTION_ESCALATED" | "SUMMARY_READY" | "%future added value";
export type relayActivitySubscription$variables = {
  after?: string | null | undefined;
  snapshot?: boolean | null | undefined;
};
export type relayActivitySubscription$data = {
  readonly activity: {
    readonly cursor: string | null | undefined;
    readonly kind: ActivityKind;
    readonly node: {
      readonly id: string;
      readonly message?: string;
    } | null | undefined;
  };
};
export type relayActivitySubscription = {
  response: relayActivitySubscription$data;
  variables: relayActivitySubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = [
  {
    "defaultValue": null,
    "kind": "LocalArgument",
    "name": "after"
  },
  {
    "defaultValue": false,
    "kind": "LocalArgument",
    "name": "snapshot"
  }
],
v1 = [
  {
    "kind": "Variable",
    "name": "after",
    "variableName": "after"
  },
  {
    "kind": "Variable",
    "name": "snapshot",
    "variableName": "snapshot"
  }
],
v2 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "kind",
  "storageKey": null
},
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v5 = {
  "kind": "InlineFragment",
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "message",
      "storageKey": null
    }
  ],
  "type": "Nudge",
  "abstractKey": null
};
return {
  "fragment": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Fragment",
    "metadata": null,
    "name": "relayActivitySubscription",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "ActivityEvent",
        "kind": "LinkedField",
        "name": "activity",
        "plural": false,
        "selections": [
          (v2/*:: as any*/),
          (v3/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": null,
            "kind": "LinkedField",
            "name": "node",
            "plural": false,
            "selections": [
              (v4/*:: as any*/),
              (v5/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ],
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": (v0/*:: as any*/),
    "kind": "Operation",
    "name": "relayActivitySubscription",
    "selections": [
      {
        "alias": null,
        "args": (v1/*:: as any*/),
        "concreteType": "ActivityEvent",
        "kind": "LinkedField",
        "name": "activity",
        "plural": false,
        "selections": [
          (v2/*:: as any*/),
          (v3/*:: as any*/),
          {
            "alias": null,
            "args": null,
            "concreteType": null,
            "kind": "LinkedField",
            "name": "node",
            "plural": false,
            "selections": [
              {
                "alias": null,
                "args": null,
                "kind": "ScalarField",
                "name": "__typename",
                "storageKey": null
              },
              (v4/*:: as any*/),
              (v5/*:: as any*/)
            ],
            "storageKey": null
          }
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "3535af6de24584fdc7da6f792c637e49",
    "id": null,
    "metadata": {},
    "name": "relayActivitySubscription",
    "operationKind": "subscription",
    "text": "subscription relayActivitySubscription(\n  $after: String\n  $snapshot: Boolean = false\n) {\n  activity(after: $after, snapshot: $snapshot) {\n    kind\n    cursor\n    node {\n      __typename\n      id\n      ... on Nudge {\n        message\n      }\n    }\n  }\n}\n"
  }
};
})();

(node as any).hash = "80240c4c5c956b25d38e30b5512f18ab";

export default node;
