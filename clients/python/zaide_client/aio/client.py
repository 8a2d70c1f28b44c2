from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Optional, Union

from .add_note import (
    AddNote,
    AddNoteAddNoteConflictProblem,
    AddNoteAddNoteInvalidProblem,
    AddNoteAddNoteMessage,
    AddNoteAddNoteNotAllowedProblem,
    AddNoteAddNoteNotFoundProblem,
    AddNoteAddNoteTooManyProblem,
    AddNoteAddNoteUnavailableProblem,
)
from .async_base_client import AsyncBaseClient
from .base_model import UNSET, UnsetType
from .claim_conversation import (
    ClaimConversation,
    ClaimConversationClaimConversationConflictProblem,
    ClaimConversationClaimConversationConversation,
    ClaimConversationClaimConversationInvalidProblem,
    ClaimConversationClaimConversationNotAllowedProblem,
    ClaimConversationClaimConversationNotFoundProblem,
    ClaimConversationClaimConversationTooManyProblem,
    ClaimConversationClaimConversationUnavailableProblem,
)
from .claim_ticket import (
    ClaimTicket,
    ClaimTicketClaimTicketConflictProblem,
    ClaimTicketClaimTicketInvalidProblem,
    ClaimTicketClaimTicketNotAllowedProblem,
    ClaimTicketClaimTicketNotFoundProblem,
    ClaimTicketClaimTicketTicket,
    ClaimTicketClaimTicketTooManyProblem,
    ClaimTicketClaimTicketUnavailableProblem,
)
from .close_conversation import (
    CloseConversation,
    CloseConversationCloseConversationConflictProblem,
    CloseConversationCloseConversationConversation,
    CloseConversationCloseConversationInvalidProblem,
    CloseConversationCloseConversationNotAllowedProblem,
    CloseConversationCloseConversationNotFoundProblem,
    CloseConversationCloseConversationTooManyProblem,
    CloseConversationCloseConversationUnavailableProblem,
)
from .close_ticket import (
    CloseTicket,
    CloseTicketCloseTicketConflictProblem,
    CloseTicketCloseTicketInvalidProblem,
    CloseTicketCloseTicketNotAllowedProblem,
    CloseTicketCloseTicketNotFoundProblem,
    CloseTicketCloseTicketTicket,
    CloseTicketCloseTicketTooManyProblem,
    CloseTicketCloseTicketUnavailableProblem,
)
from .conversation import Conversation, ConversationConversation
from .conversations import Conversations, ConversationsConversations
from .enums import ConversationSort, OrderSort, Presence, TicketSort
from .follow_conversation import (
    FollowConversation,
    FollowConversationConversationConversationChanged,
    FollowConversationConversationRemoved,
    FollowConversationConversationResync,
    FollowConversationConversationSubscribed,
)
from .follow_conversations import (
    FollowConversations,
    FollowConversationsConversationsConversationChanged,
    FollowConversationsConversationsRemoved,
    FollowConversationsConversationsResync,
    FollowConversationsConversationsSubscribed,
)
from .follow_metrics import (
    FollowMetrics,
    FollowMetricsMetricsMetricsChanged,
    FollowMetricsMetricsResync,
    FollowMetricsMetricsSubscribed,
)
from .follow_order import (
    FollowOrder,
    FollowOrderOrderOrderChanged,
    FollowOrderOrderRemoved,
    FollowOrderOrderResync,
    FollowOrderOrderSubscribed,
)
from .follow_orders import (
    FollowOrders,
    FollowOrdersOrdersOrderChanged,
    FollowOrdersOrdersRemoved,
    FollowOrdersOrdersResync,
    FollowOrdersOrdersSubscribed,
)
from .follow_queue import (
    FollowQueue,
    FollowQueueQueueConversationChanged,
    FollowQueueQueueRemoved,
    FollowQueueQueueResync,
    FollowQueueQueueSubscribed,
)
from .follow_ticket import (
    FollowTicket,
    FollowTicketTicketRemoved,
    FollowTicketTicketResync,
    FollowTicketTicketSubscribed,
    FollowTicketTicketTicketChanged,
)
from .follow_tickets import (
    FollowTickets,
    FollowTicketsTicketsRemoved,
    FollowTicketsTicketsResync,
    FollowTicketsTicketsSubscribed,
    FollowTicketsTicketsTicketChanged,
)
from .give_back_conversation import (
    GiveBackConversation,
    GiveBackConversationGiveBackConversationConflictProblem,
    GiveBackConversationGiveBackConversationConversation,
    GiveBackConversationGiveBackConversationInvalidProblem,
    GiveBackConversationGiveBackConversationNotAllowedProblem,
    GiveBackConversationGiveBackConversationNotFoundProblem,
    GiveBackConversationGiveBackConversationTooManyProblem,
    GiveBackConversationGiveBackConversationUnavailableProblem,
)
from .input_types import ConversationFilter, OrderFilter, TicketFilter
from .metrics import Metrics, MetricsMetrics
from .open_ticket import (
    OpenTicket,
    OpenTicketOpenTicketConflictProblem,
    OpenTicketOpenTicketInvalidProblem,
    OpenTicketOpenTicketNotAllowedProblem,
    OpenTicketOpenTicketNotFoundProblem,
    OpenTicketOpenTicketTicket,
    OpenTicketOpenTicketTooManyProblem,
    OpenTicketOpenTicketUnavailableProblem,
)
from .order_by_number import OrderByNumber, OrderByNumberOrder
from .orders import Orders, OrdersOrders
from .queue import Queue, QueueQueue
from .reopen_ticket import (
    ReopenTicket,
    ReopenTicketReopenTicketConflictProblem,
    ReopenTicketReopenTicketInvalidProblem,
    ReopenTicketReopenTicketNotAllowedProblem,
    ReopenTicketReopenTicketNotFoundProblem,
    ReopenTicketReopenTicketTicket,
    ReopenTicketReopenTicketTooManyProblem,
    ReopenTicketReopenTicketUnavailableProblem,
)
from .reply import (
    Reply,
    ReplyReplyToConversationConflictProblem,
    ReplyReplyToConversationInvalidProblem,
    ReplyReplyToConversationMessage,
    ReplyReplyToConversationNotAllowedProblem,
    ReplyReplyToConversationNotFoundProblem,
    ReplyReplyToConversationTooManyProblem,
    ReplyReplyToConversationUnavailableProblem,
)
from .send_message import (
    SendMessage,
    SendMessageSendMessageConflictProblem,
    SendMessageSendMessageInvalidProblem,
    SendMessageSendMessageMessage,
    SendMessageSendMessageNotAllowedProblem,
    SendMessageSendMessageNotFoundProblem,
    SendMessageSendMessageTooManyProblem,
    SendMessageSendMessageUnavailableProblem,
)
from .set_presence import (
    SetPresence,
    SetPresenceSetPresenceAgent,
    SetPresenceSetPresenceConflictProblem,
    SetPresenceSetPresenceInvalidProblem,
    SetPresenceSetPresenceNotAllowedProblem,
    SetPresenceSetPresenceNotFoundProblem,
    SetPresenceSetPresenceTooManyProblem,
    SetPresenceSetPresenceUnavailableProblem,
)
from .solve_ticket import (
    SolveTicket,
    SolveTicketSolveTicketConflictProblem,
    SolveTicketSolveTicketInvalidProblem,
    SolveTicketSolveTicketNotAllowedProblem,
    SolveTicketSolveTicketNotFoundProblem,
    SolveTicketSolveTicketTicket,
    SolveTicketSolveTicketTooManyProblem,
    SolveTicketSolveTicketUnavailableProblem,
)
from .teams import Teams, TeamsTeams
from .ticket import Ticket, TicketTicket
from .ticket_by_number import TicketByNumber, TicketByNumberTicket
from .tickets import Tickets, TicketsTickets
from .transfer_conversation import (
    TransferConversation,
    TransferConversationTransferConversationConflictProblem,
    TransferConversationTransferConversationConversation,
    TransferConversationTransferConversationInvalidProblem,
    TransferConversationTransferConversationNotAllowedProblem,
    TransferConversationTransferConversationNotFoundProblem,
    TransferConversationTransferConversationTooManyProblem,
    TransferConversationTransferConversationUnavailableProblem,
)
from .viewer import Viewer, ViewerViewer


def gql(q: str) -> str:
    return q


class Client(AsyncBaseClient):
    async def viewer(self, **kwargs: Any) -> ViewerViewer:
        query = gql("""
            query Viewer {
              viewer {
                name
                role
                locale
              }
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(
            query=query, operation_name="Viewer", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Viewer.model_validate(data).viewer

    async def tickets(
        self,
        filter_: Union[Optional[TicketFilter], UnsetType] = UNSET,
        order: Union[Optional[TicketSort], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> TicketsTickets:
        query = gql("""
            query Tickets($filter: TicketFilter, $order: TicketSort = NEWEST, $first: Int, $after: String) {
              tickets(filter: $filter, order: $order, first: $first, after: $after) {
                nodes {
                  ...TicketParts
                }
                pageInfo {
                  ...Page
                }
                totalCount
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              hasPreviousPage
              startCursor
              endCursor
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "order": order,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="Tickets", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Tickets.model_validate(data).tickets

    async def ticket(self, id: str, **kwargs: Any) -> Optional[TicketTicket]:
        query = gql("""
            query Ticket($id: ID!) {
              ticket(id: $id) {
                ...TicketParts
                conversation {
                  ...ConversationParts
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="Ticket", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Ticket.model_validate(data).ticket

    async def ticket_by_number(
        self, number: str, **kwargs: Any
    ) -> Optional[TicketByNumberTicket]:
        query = gql("""
            query TicketByNumber($number: String!) {
              ticket(number: $number) {
                ...TicketParts
                conversation {
                  ...ConversationParts
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"number": number}
        response = await self.execute(
            query=query, operation_name="TicketByNumber", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return TicketByNumber.model_validate(data).ticket

    async def conversations(
        self,
        filter_: Union[Optional[ConversationFilter], UnsetType] = UNSET,
        order: Union[Optional[ConversationSort], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> ConversationsConversations:
        query = gql("""
            query Conversations($filter: ConversationFilter, $order: ConversationSort = LATEST, $first: Int, $after: String) {
              conversations(filter: $filter, order: $order, first: $first, after: $after) {
                nodes {
                  ...ConversationParts
                }
                pageInfo {
                  ...Page
                }
                totalCount
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              hasPreviousPage
              startCursor
              endCursor
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "order": order,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="Conversations", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Conversations.model_validate(data).conversations

    async def conversation(
        self,
        id: str,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Optional[ConversationConversation]:
        query = gql("""
            query Conversation($id: ID!, $first: Int = 100, $after: String) {
              conversation(id: $id) {
                ...ConversationParts
                messages(first: $first, after: $after) {
                  nodes {
                    ...MessageParts
                    reading {
                      ...ReadingParts
                    }
                  }
                  pageInfo {
                    ...Page
                  }
                  totalCount
                }
                tickets {
                  ...TicketParts
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment MessageParts on Message {
              id
              seq
              author
              authorName
              text
              facts
              clientId
              createdAt
              hasSecrets
            }

            fragment Page on PageInfo {
              hasNextPage
              hasPreviousPage
              startCursor
              endCursor
            }

            fragment ReadingParts on Reading {
              id
              intent
              intentConfidence
              sentiment
              sentimentConfidence
              also
              entities
              language
              modelVersion
              createdAt
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id, "first": first, "after": after}
        response = await self.execute(
            query=query, operation_name="Conversation", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Conversation.model_validate(data).conversation

    async def queue(
        self,
        team_id: Union[Optional[str], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> QueueQueue:
        query = gql("""
            query Queue($teamId: ID, $first: Int, $after: String) {
              queue(teamId: $teamId, first: $first, after: $after) {
                nodes {
                  ...ConversationParts
                }
                pageInfo {
                  ...Page
                }
                totalCount
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              hasPreviousPage
              startCursor
              endCursor
            }
            """)
        variables: dict[str, object] = {
            "teamId": team_id,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="Queue", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Queue.model_validate(data).queue

    async def orders(
        self,
        filter_: Union[Optional[OrderFilter], UnsetType] = UNSET,
        order: Union[Optional[OrderSort], UnsetType] = UNSET,
        first: Union[Optional[int], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> OrdersOrders:
        query = gql("""
            query Orders($filter: OrderFilter, $order: OrderSort = NEWEST, $first: Int, $after: String) {
              orders(filter: $filter, order: $order, first: $first, after: $after) {
                nodes {
                  ...OrderParts
                }
                pageInfo {
                  ...Page
                }
                totalCount
              }
            }

            fragment OrderParts on Order {
              id
              number
              product
              quantity
              amount
              currency
              status
              verdict
              evidence
              contactHint
              placedAt
              paidAt
              deliveredAt
              merchant {
                id
                name
              }
            }

            fragment Page on PageInfo {
              hasNextPage
              hasPreviousPage
              startCursor
              endCursor
            }
            """)
        variables: dict[str, object] = {
            "filter": filter_,
            "order": order,
            "first": first,
            "after": after,
        }
        response = await self.execute(
            query=query, operation_name="Orders", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Orders.model_validate(data).orders

    async def order_by_number(
        self, number: str, **kwargs: Any
    ) -> Optional[OrderByNumberOrder]:
        query = gql("""
            query OrderByNumber($number: String!) {
              order(number: $number) {
                ...OrderParts
                cards {
                  lastFour
                }
                refunds {
                  amount
                  createdAt
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              product
              quantity
              amount
              currency
              status
              verdict
              evidence
              contactHint
              placedAt
              paidAt
              deliveredAt
              merchant {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"number": number}
        response = await self.execute(
            query=query, operation_name="OrderByNumber", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return OrderByNumber.model_validate(data).order

    async def metrics(
        self,
        since: Union[Optional[datetime], UnsetType] = UNSET,
        until: Union[Optional[datetime], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> MetricsMetrics:
        query = gql("""
            query Metrics($since: DateTime, $until: DateTime) {
              metrics(since: $since, until: $until) {
                ...Figures
              }
            }

            fragment Figures on Metrics {
              since
              until
              conversations
              messages
              answeredByBot
              handedOver
              ticketsOpened
              ticketsSolved
              breaches
              waiting
              withAgents
              firstResponseAvg
              firstResponseP50
              firstResponseP95
              resolutionAvg
            }
            """)
        variables: dict[str, object] = {"since": since, "until": until}
        response = await self.execute(
            query=query, operation_name="Metrics", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Metrics.model_validate(data).metrics

    async def teams(self, **kwargs: Any) -> list[TeamsTeams]:
        query = gql("""
            query Teams {
              teams {
                id
                key
                name
                agents {
                  id
                  name
                  presence
                  capacity
                  load
                }
              }
            }
            """)
        variables: dict[str, object] = {}
        response = await self.execute(
            query=query, operation_name="Teams", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Teams.model_validate(data).teams

    async def send_message(
        self,
        text: str,
        client_id: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Union[
        SendMessageSendMessageMessage,
        SendMessageSendMessageNotFoundProblem,
        SendMessageSendMessageNotAllowedProblem,
        SendMessageSendMessageInvalidProblem,
        SendMessageSendMessageConflictProblem,
        SendMessageSendMessageTooManyProblem,
        SendMessageSendMessageUnavailableProblem,
    ]:
        query = gql("""
            mutation SendMessage($text: String!, $clientId: String) {
              sendMessage(text: $text, clientId: $clientId) {
                __typename
                ... on Message {
                  ...MessageParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment MessageParts on Message {
              id
              seq
              author
              authorName
              text
              facts
              clientId
              createdAt
              hasSecrets
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"text": text, "clientId": client_id}
        response = await self.execute(
            query=query, operation_name="SendMessage", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return SendMessage.model_validate(data).send_message

    async def reply(
        self,
        conversation: str,
        text: str,
        client_id: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Union[
        ReplyReplyToConversationMessage,
        ReplyReplyToConversationNotFoundProblem,
        ReplyReplyToConversationNotAllowedProblem,
        ReplyReplyToConversationInvalidProblem,
        ReplyReplyToConversationConflictProblem,
        ReplyReplyToConversationTooManyProblem,
        ReplyReplyToConversationUnavailableProblem,
    ]:
        query = gql("""
            mutation Reply($conversation: ID!, $text: String!, $clientId: String) {
              replyToConversation(id: $conversation, text: $text, clientId: $clientId) {
                __typename
                ... on Message {
                  ...MessageParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment MessageParts on Message {
              id
              seq
              author
              authorName
              text
              facts
              clientId
              createdAt
              hasSecrets
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {
            "conversation": conversation,
            "text": text,
            "clientId": client_id,
        }
        response = await self.execute(
            query=query, operation_name="Reply", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return Reply.model_validate(data).reply_to_conversation

    async def add_note(
        self, conversation: str, text: str, **kwargs: Any
    ) -> Union[
        AddNoteAddNoteMessage,
        AddNoteAddNoteNotFoundProblem,
        AddNoteAddNoteNotAllowedProblem,
        AddNoteAddNoteInvalidProblem,
        AddNoteAddNoteConflictProblem,
        AddNoteAddNoteTooManyProblem,
        AddNoteAddNoteUnavailableProblem,
    ]:
        query = gql("""
            mutation AddNote($conversation: ID!, $text: String!) {
              addNote(id: $conversation, text: $text) {
                __typename
                ... on Message {
                  ...MessageParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment MessageParts on Message {
              id
              seq
              author
              authorName
              text
              facts
              clientId
              createdAt
              hasSecrets
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"conversation": conversation, "text": text}
        response = await self.execute(
            query=query, operation_name="AddNote", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return AddNote.model_validate(data).add_note

    async def claim_conversation(
        self, id: str, **kwargs: Any
    ) -> Union[
        ClaimConversationClaimConversationConversation,
        ClaimConversationClaimConversationNotFoundProblem,
        ClaimConversationClaimConversationNotAllowedProblem,
        ClaimConversationClaimConversationInvalidProblem,
        ClaimConversationClaimConversationConflictProblem,
        ClaimConversationClaimConversationTooManyProblem,
        ClaimConversationClaimConversationUnavailableProblem,
    ]:
        query = gql("""
            mutation ClaimConversation($id: ID!) {
              claimConversation(id: $id) {
                __typename
                ... on Conversation {
                  ...ConversationParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query,
            operation_name="ClaimConversation",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return ClaimConversation.model_validate(data).claim_conversation

    async def transfer_conversation(
        self, id: str, team: str, reason: str, **kwargs: Any
    ) -> Union[
        TransferConversationTransferConversationConversation,
        TransferConversationTransferConversationNotFoundProblem,
        TransferConversationTransferConversationNotAllowedProblem,
        TransferConversationTransferConversationInvalidProblem,
        TransferConversationTransferConversationConflictProblem,
        TransferConversationTransferConversationTooManyProblem,
        TransferConversationTransferConversationUnavailableProblem,
    ]:
        query = gql("""
            mutation TransferConversation($id: ID!, $team: ID!, $reason: String!) {
              transferConversation(id: $id, teamId: $team, reason: $reason) {
                __typename
                ... on Conversation {
                  ...ConversationParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"id": id, "team": team, "reason": reason}
        response = await self.execute(
            query=query,
            operation_name="TransferConversation",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return TransferConversation.model_validate(data).transfer_conversation

    async def give_back_conversation(
        self, id: str, **kwargs: Any
    ) -> Union[
        GiveBackConversationGiveBackConversationConversation,
        GiveBackConversationGiveBackConversationNotFoundProblem,
        GiveBackConversationGiveBackConversationNotAllowedProblem,
        GiveBackConversationGiveBackConversationInvalidProblem,
        GiveBackConversationGiveBackConversationConflictProblem,
        GiveBackConversationGiveBackConversationTooManyProblem,
        GiveBackConversationGiveBackConversationUnavailableProblem,
    ]:
        query = gql("""
            mutation GiveBackConversation($id: ID!) {
              giveBackConversation(id: $id) {
                __typename
                ... on Conversation {
                  ...ConversationParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query,
            operation_name="GiveBackConversation",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return GiveBackConversation.model_validate(data).give_back_conversation

    async def close_conversation(
        self, id: str, **kwargs: Any
    ) -> Union[
        CloseConversationCloseConversationConversation,
        CloseConversationCloseConversationNotFoundProblem,
        CloseConversationCloseConversationNotAllowedProblem,
        CloseConversationCloseConversationInvalidProblem,
        CloseConversationCloseConversationConflictProblem,
        CloseConversationCloseConversationTooManyProblem,
        CloseConversationCloseConversationUnavailableProblem,
    ]:
        query = gql("""
            mutation CloseConversation($id: ID!) {
              closeConversation(id: $id) {
                __typename
                ... on Conversation {
                  ...ConversationParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query,
            operation_name="CloseConversation",
            variables=variables,
            **kwargs,
        )
        data = self.get_data(response)
        return CloseConversation.model_validate(data).close_conversation

    async def open_ticket(
        self,
        conversation: str,
        intent: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> Union[
        OpenTicketOpenTicketTicket,
        OpenTicketOpenTicketNotFoundProblem,
        OpenTicketOpenTicketNotAllowedProblem,
        OpenTicketOpenTicketInvalidProblem,
        OpenTicketOpenTicketConflictProblem,
        OpenTicketOpenTicketTooManyProblem,
        OpenTicketOpenTicketUnavailableProblem,
    ]:
        query = gql("""
            mutation OpenTicket($conversation: ID!, $intent: String) {
              openTicket(conversationId: $conversation, intent: $intent) {
                __typename
                ... on Ticket {
                  ...TicketParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"conversation": conversation, "intent": intent}
        response = await self.execute(
            query=query, operation_name="OpenTicket", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return OpenTicket.model_validate(data).open_ticket

    async def claim_ticket(
        self, id: str, **kwargs: Any
    ) -> Union[
        ClaimTicketClaimTicketTicket,
        ClaimTicketClaimTicketNotFoundProblem,
        ClaimTicketClaimTicketNotAllowedProblem,
        ClaimTicketClaimTicketInvalidProblem,
        ClaimTicketClaimTicketConflictProblem,
        ClaimTicketClaimTicketTooManyProblem,
        ClaimTicketClaimTicketUnavailableProblem,
    ]:
        query = gql("""
            mutation ClaimTicket($id: ID!) {
              claimTicket(id: $id) {
                __typename
                ... on Ticket {
                  ...TicketParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="ClaimTicket", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return ClaimTicket.model_validate(data).claim_ticket

    async def solve_ticket(
        self, id: str, **kwargs: Any
    ) -> Union[
        SolveTicketSolveTicketTicket,
        SolveTicketSolveTicketNotFoundProblem,
        SolveTicketSolveTicketNotAllowedProblem,
        SolveTicketSolveTicketInvalidProblem,
        SolveTicketSolveTicketConflictProblem,
        SolveTicketSolveTicketTooManyProblem,
        SolveTicketSolveTicketUnavailableProblem,
    ]:
        query = gql("""
            mutation SolveTicket($id: ID!) {
              solveTicket(id: $id) {
                __typename
                ... on Ticket {
                  ...TicketParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="SolveTicket", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return SolveTicket.model_validate(data).solve_ticket

    async def close_ticket(
        self, id: str, **kwargs: Any
    ) -> Union[
        CloseTicketCloseTicketTicket,
        CloseTicketCloseTicketNotFoundProblem,
        CloseTicketCloseTicketNotAllowedProblem,
        CloseTicketCloseTicketInvalidProblem,
        CloseTicketCloseTicketConflictProblem,
        CloseTicketCloseTicketTooManyProblem,
        CloseTicketCloseTicketUnavailableProblem,
    ]:
        query = gql("""
            mutation CloseTicket($id: ID!) {
              closeTicket(id: $id) {
                __typename
                ... on Ticket {
                  ...TicketParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="CloseTicket", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return CloseTicket.model_validate(data).close_ticket

    async def reopen_ticket(
        self, id: str, **kwargs: Any
    ) -> Union[
        ReopenTicketReopenTicketTicket,
        ReopenTicketReopenTicketNotFoundProblem,
        ReopenTicketReopenTicketNotAllowedProblem,
        ReopenTicketReopenTicketInvalidProblem,
        ReopenTicketReopenTicketConflictProblem,
        ReopenTicketReopenTicketTooManyProblem,
        ReopenTicketReopenTicketUnavailableProblem,
    ]:
        query = gql("""
            mutation ReopenTicket($id: ID!) {
              reopenTicket(id: $id) {
                __typename
                ... on Ticket {
                  ...TicketParts
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id}
        response = await self.execute(
            query=query, operation_name="ReopenTicket", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return ReopenTicket.model_validate(data).reopen_ticket

    async def set_presence(
        self, presence: Presence, **kwargs: Any
    ) -> Union[
        SetPresenceSetPresenceAgent,
        SetPresenceSetPresenceNotFoundProblem,
        SetPresenceSetPresenceNotAllowedProblem,
        SetPresenceSetPresenceInvalidProblem,
        SetPresenceSetPresenceConflictProblem,
        SetPresenceSetPresenceTooManyProblem,
        SetPresenceSetPresenceUnavailableProblem,
    ]:
        query = gql("""
            mutation SetPresence($presence: Presence!) {
              setPresence(presence: $presence) {
                __typename
                ... on Agent {
                  id
                  name
                  presence
                  capacity
                  load
                }
                ... on Problem {
                  ...Refusal
                }
              }
            }

            fragment Refusal on Problem {
              code
              message
              field
              hint
            }
            """)
        variables: dict[str, object] = {"presence": presence}
        response = await self.execute(
            query=query, operation_name="SetPresence", variables=variables, **kwargs
        )
        data = self.get_data(response)
        return SetPresence.model_validate(data).set_presence

    async def follow_tickets(
        self, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowTicketsTicketsSubscribed,
            FollowTicketsTicketsTicketChanged,
            FollowTicketsTicketsRemoved,
            FollowTicketsTicketsResync,
        ]
    ]:
        query = gql("""
            subscription FollowTickets($after: Cursor) {
              tickets(after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on TicketChanged {
                  cursor
                  kind
                  ticket {
                    ...TicketParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"after": after}
        async for data in self.execute_ws(
            query=query, operation_name="FollowTickets", variables=variables, **kwargs
        ):
            yield FollowTickets.model_validate(data).tickets

    async def follow_ticket(
        self, id: str, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowTicketTicketSubscribed,
            FollowTicketTicketTicketChanged,
            FollowTicketTicketRemoved,
            FollowTicketTicketResync,
        ]
    ]:
        query = gql("""
            subscription FollowTicket($id: ID!, $after: Cursor) {
              ticket(id: $id, after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on TicketChanged {
                  cursor
                  kind
                  ticket {
                    ...TicketParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment TicketParts on Ticket {
              id
              number
              state
              category
              intent
              priority
              openedAt
              dueAt
              deadline
              solvedAt
              closedAt
              owner {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
              customer {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id, "after": after}
        async for data in self.execute_ws(
            query=query, operation_name="FollowTicket", variables=variables, **kwargs
        ):
            yield FollowTicket.model_validate(data).ticket

    async def follow_conversations(
        self, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowConversationsConversationsSubscribed,
            FollowConversationsConversationsConversationChanged,
            FollowConversationsConversationsRemoved,
            FollowConversationsConversationsResync,
        ]
    ]:
        query = gql("""
            subscription FollowConversations($after: Cursor) {
              conversations(after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on ConversationChanged {
                  cursor
                  kind
                  conversation {
                    ...ConversationParts
                  }
                  message {
                    ...MessageParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment MessageParts on Message {
              id
              seq
              author
              authorName
              text
              facts
              clientId
              createdAt
              hasSecrets
            }
            """)
        variables: dict[str, object] = {"after": after}
        async for data in self.execute_ws(
            query=query,
            operation_name="FollowConversations",
            variables=variables,
            **kwargs,
        ):
            yield FollowConversations.model_validate(data).conversations

    async def follow_conversation(
        self, id: str, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowConversationConversationSubscribed,
            FollowConversationConversationConversationChanged,
            FollowConversationConversationRemoved,
            FollowConversationConversationResync,
        ]
    ]:
        query = gql("""
            subscription FollowConversation($id: ID!, $after: Cursor) {
              conversation(id: $id, after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on ConversationChanged {
                  cursor
                  kind
                  conversation {
                    ...ConversationParts
                  }
                  message {
                    ...MessageParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }

            fragment MessageParts on Message {
              id
              seq
              author
              authorName
              text
              facts
              clientId
              createdAt
              hasSecrets
            }
            """)
        variables: dict[str, object] = {"id": id, "after": after}
        async for data in self.execute_ws(
            query=query,
            operation_name="FollowConversation",
            variables=variables,
            **kwargs,
        ):
            yield FollowConversation.model_validate(data).conversation

    async def follow_queue(
        self,
        team_id: Union[Optional[str], UnsetType] = UNSET,
        after: Union[Optional[str], UnsetType] = UNSET,
        **kwargs: Any,
    ) -> AsyncIterator[
        Union[
            FollowQueueQueueSubscribed,
            FollowQueueQueueConversationChanged,
            FollowQueueQueueRemoved,
            FollowQueueQueueResync,
        ]
    ]:
        query = gql("""
            subscription FollowQueue($teamId: ID, $after: Cursor) {
              queue(teamId: $teamId, after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on ConversationChanged {
                  cursor
                  kind
                  conversation {
                    ...ConversationParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment ConversationParts on Conversation {
              id
              state
              holder
              priority
              intent
              sentiment
              openedAt
              lastMessageAt
              answeredAt
              closedAt
              channelKind
              customer {
                id
                name
              }
              agent {
                id
                name
              }
              team {
                id
                key
                name
              }
              order {
                id
                number
                verdict
              }
            }
            """)
        variables: dict[str, object] = {"teamId": team_id, "after": after}
        async for data in self.execute_ws(
            query=query, operation_name="FollowQueue", variables=variables, **kwargs
        ):
            yield FollowQueue.model_validate(data).queue

    async def follow_order(
        self, id: str, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowOrderOrderSubscribed,
            FollowOrderOrderOrderChanged,
            FollowOrderOrderRemoved,
            FollowOrderOrderResync,
        ]
    ]:
        query = gql("""
            subscription FollowOrder($id: ID!, $after: Cursor) {
              order(id: $id, after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on OrderChanged {
                  cursor
                  kind
                  order {
                    ...OrderParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              product
              quantity
              amount
              currency
              status
              verdict
              evidence
              contactHint
              placedAt
              paidAt
              deliveredAt
              merchant {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"id": id, "after": after}
        async for data in self.execute_ws(
            query=query, operation_name="FollowOrder", variables=variables, **kwargs
        ):
            yield FollowOrder.model_validate(data).order

    async def follow_orders(
        self, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowOrdersOrdersSubscribed,
            FollowOrdersOrdersOrderChanged,
            FollowOrdersOrdersRemoved,
            FollowOrdersOrdersResync,
        ]
    ]:
        query = gql("""
            subscription FollowOrders($after: Cursor) {
              orders(after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on OrderChanged {
                  cursor
                  kind
                  order {
                    ...OrderParts
                  }
                }
                ... on Removed {
                  cursor
                  id
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment OrderParts on Order {
              id
              number
              product
              quantity
              amount
              currency
              status
              verdict
              evidence
              contactHint
              placedAt
              paidAt
              deliveredAt
              merchant {
                id
                name
              }
            }
            """)
        variables: dict[str, object] = {"after": after}
        async for data in self.execute_ws(
            query=query, operation_name="FollowOrders", variables=variables, **kwargs
        ):
            yield FollowOrders.model_validate(data).orders

    async def follow_metrics(
        self, after: Union[Optional[str], UnsetType] = UNSET, **kwargs: Any
    ) -> AsyncIterator[
        Union[
            FollowMetricsMetricsSubscribed,
            FollowMetricsMetricsMetricsChanged,
            FollowMetricsMetricsResync,
        ]
    ]:
        query = gql("""
            subscription FollowMetrics($after: Cursor) {
              metrics(after: $after) {
                __typename
                ... on Subscribed {
                  cursor
                }
                ... on MetricsChanged {
                  cursor
                  metrics {
                    ...Figures
                  }
                }
                ... on Resync {
                  cursor
                }
              }
            }

            fragment Figures on Metrics {
              since
              until
              conversations
              messages
              answeredByBot
              handedOver
              ticketsOpened
              ticketsSolved
              breaches
              waiting
              withAgents
              firstResponseAvg
              firstResponseP50
              firstResponseP95
              resolutionAvg
            }
            """)
        variables: dict[str, object] = {"after": after}
        async for data in self.execute_ws(
            query=query, operation_name="FollowMetrics", variables=variables, **kwargs
        ):
            yield FollowMetrics.model_validate(data).metrics
