"""
moto's server on a free port of 127.0.0.1, until its stdin ends.

What moto 5.2.5 lacks of NAT gateways and AWS documents is added here, and nothing else: AssociateNatGatewayAddress, secondary
addresses, ClientToken, filters by tag, the states pending, failed and deleting, and addresses that a deletion frees and that
cannot be released while they are in use.
"""

import os
import sys
import threading

from moto import server
from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddressBackend
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.responses.nat_gateways import NatGateways

# A gateway is told of so often as pending, and as deleting, before it is what it becomes.
LOOKS = 2

class InUse(EC2ClientError):
    def __init__(self, address):
        super().__init__("InvalidIPAddress.InUse", f"The address {address} is in use.")

plain_create = NatGatewayBackend.create_nat_gateway
plain_describe = NatGatewayBackend.describe_nat_gateways
plain_release = ElasticAddressBackend.release_address

def addresses(backend, gateway, allocations):
    """Each on an interface of its own, as moto does it for the first one."""
    for allocation in allocations:
        eni = backend.create_network_interface(backend.get_subnet(gateway.subnet_id), None)
        eip = backend.associate_address(eni=eni, allocation_id=allocation)
        gateway.address_set.append({
            "allocationId": allocation, "publicIp": eip.public_ip, "associationId": eip.association_id,
            "networkInterfaceId": eni.id, "privateIp": eni.private_ip_address,
            "isPrimary": False, "status": "succeeded",
        })

def create(self):
    backend, token = self.ec2_backend, self._get_param("ClientToken")
    tokens = backend.__dict__.setdefault("nat_tokens", {})
    if token in tokens:
        return ActionResult({"NatGateway": tokens[token]})
    allocation = self._get_param("AllocationId")
    (eip,) = backend.address_by_allocation([allocation])
    tags = {tag["Key"]: tag["Value"] for spec in self._get_param("TagSpecifications", []) for tag in spec["Tags"]}
    if eip.association_id:
        # AWS takes the call, and tells later that it came to nothing.
        gateway = NatGateway(backend, self._get_param("SubnetId"), None, tags)
        gateway.becomes, gateway.failure_code = "failed", "Resource.AlreadyAssociated"
        gateway.failure_message = f"Elastic IP address [{allocation}] is already associated"
        backend.nat_gateways[gateway.id] = gateway
    else:
        gateway = plain_create(backend, self._get_param("SubnetId"), allocation, tags)
        gateway.becomes = "available"
        addresses(backend, gateway, self._get_param("SecondaryAllocationIds", []))
    gateway.state, gateway.looks = "pending", LOOKS
    tokens[token] = gateway
    return ActionResult({"NatGateway": gateway})

def associate(self):
    gateway = self.ec2_backend.nat_gateways[self._get_param("NatGatewayId")]
    addresses(self.ec2_backend, gateway, self._get_param("AllocationIds"))
    return ActionResult({"NatGatewayId": gateway.id, "NatGatewayAddresses": gateway.address_set})

def describe(self, filters, nat_gateway_ids):
    for gateway in self.nat_gateways.values():
        if gateway.state in ("pending", "deleting"):
            gateway.looks -= 1
            if gateway.looks < 0:
                gateway.state = gateway.becomes
                if gateway.state == "deleted":
                    for address in gateway.address_set:
                        self.disassociate_address(address=address["publicIp"])
    found = plain_describe(self, filters, nat_gateway_ids)
    wanted = {name[4:]: values for name, values in (filters or {}).items() if name.startswith("tag:")}
    has = lambda gateway: {tag["key"]: tag["value"] for tag in gateway.get_tags()}
    return [one for one in found if all(has(one).get(tag) in values for tag, values in wanted.items())]

def delete(self, nat_gateway_id):
    gateway = self.nat_gateways.get(nat_gateway_id)
    if gateway is None:
        raise EC2ClientError("NatGatewayNotFound", f"NatGateway {nat_gateway_id} was not found")
    if gateway.state != "deleted":
        gateway.state, gateway.becomes, gateway.looks = "deleting", "deleted", LOOKS
    return gateway

def release(self, address=None, allocation_id=None):
    (eip,) = self.address_by_allocation([allocation_id])
    if eip.association_id:
        raise InUse(eip.public_ip)
    plain_release(self, address, allocation_id)

NatGateways.create_nat_gateway = create
NatGateways.associate_nat_gateway_address = associate
NatGatewayBackend.describe_nat_gateways = describe
NatGatewayBackend.delete_nat_gateway = delete
ElasticAddressBackend.release_address = release

def end_with_stdin():
    sys.stdin.read()
    os._exit(0)

threading.Thread(target=end_with_stdin, daemon=True).start()
server.main(["-H", "127.0.0.1", "-p", "0"])
