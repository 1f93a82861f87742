using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CredentialProxy.Core.Storage.Migrations
{
    /// <inheritdoc />
    public partial class History : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_revocations_RevokedAt",
                table: "revocations",
                column: "RevokedAt");

            migrationBuilder.CreateIndex(
                name: "IX_audit_Time",
                table: "audit",
                column: "Time");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_revocations_RevokedAt",
                table: "revocations");

            migrationBuilder.DropIndex(
                name: "IX_audit_Time",
                table: "audit");
        }
    }
}
